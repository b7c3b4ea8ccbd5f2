// SPDX-License-Identifier: ISC
#include "daemon/announcer.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "daemon/os/identity.h"
#include "daemon/os/signals.h"

namespace minetd {
namespace {

constexpr Milliseconds feed_delay = 20;
constexpr int reports_a_turn = 32;
/// Whom it tells may be stuck: nothing that we do waits longer for that.
constexpr Milliseconds longest_end = 6'000;

/// It ends with its channel, so that all is taken back however the daemon ends: what a terminal or
/// a service manager sends to the daemon's whole group is not for it.
void leave_signals_to_the_parent() {
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE})
        ::signal(number, SIG_IGN);
    unblock_signals();
}

}  // namespace

Announcer::Announcer(Runtime& runtime, const char* name, Body body)
    : runtime_(runtime),
      name_(name),
      body_(body),
      restart_(runtime, [this] { start(); }),
      feed_again_(runtime.loop, [this] { feed(); }),
      overdue_(runtime.loop, [this] { signal(SIGKILL); }) {}

void Announcer::announce(Announcements all) {
    // One of a former image may have told of what there is no more.
    if (all == all_ && !(all.empty() && serves())) return;
    all_ = std::move(all);
    feed_.restart();
    if (all_.empty()) {
        restart_.cancel();
        feed_again_.cancel();
        if (!process_) return;
        if (serves()) listen();
        process_->hang_up();
        overdue_.schedule(longest_end);
    } else if (serves()) {
        feed();
    } else if (!process_) {
        start();
    }  // else the one before is still taking back what it told
}

void Announcer::signal(int number) noexcept {
    if (process_) process_->signal(number);
}

void Announcer::start() noexcept {
    if (restart_.pauses()) return;
    try {
        place(fork_with_channel(std::string("minetd:") + name_, {}, [this](Channel& parent) {
            leave_signals_to_the_parent();
            try {
                assume_identity(own_identity());
                return body_(parent);
            } catch (const std::exception& problem) {
                send_report(parent, Level::error, problem.what());
                return 1;
            }
        }));
        feed_.restart();
        feed();
    } catch (const std::system_error& problem) {
        restart_.start_failed(name_, problem.code().value());
    }
}

void Announcer::place(ForkedChild child) {
    ChildOwner& owner = *this;
    process_.emplace(runtime_, owner, std::move(child), [this] { listen(); });
}

void Announcer::take_over(HandedChild& handed) {
    place(handed.take());
    if (!serves()) overdue_.schedule(longest_end);
}

void Announcer::feed() noexcept {
    if (serves() && !feed_.send(process_->channel(), all_)) feed_again_.schedule(feed_delay);
}

void Announcer::listen() noexcept {
    Level level{};
    std::string text;
    for (int budget = reports_a_turn; budget > 0; --budget) {
        if (!receive_report(process_->channel(), level, text)) {
            // Nothing now, or nothing ever again: that is heard by SIGCHLD.
            char byte;
            if (::recv(process_->channel().fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
                process_->stop_listening();
            return;
        }
        runtime_.log(level, fmt::format("{}: {}", name_, text));
    }
}

void Announcer::on_exit(const Exit& exit) noexcept {
    const bool asked = !serves();
    if (!asked) listen();
    process_.reset();
    feed_again_.cancel();
    overdue_.cancel();
    if (all_.empty()) return;
    if (!asked) restart_.ended(name_, exit, true);
    start();
}

}  // namespace minetd
