// SPDX-License-Identifier: ISC
#include "daemon/announcer.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "daemon/os/identity.h"
#include "daemon/os/system_error.h"

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
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

Announcer::Announcer(Runtime& runtime, const char* name, Body body)
    : runtime_(runtime),
      name_(name),
      body_(body),
      retry_(runtime.loop, [this] { start(); }),
      feed_again_(runtime.loop, [this] { feed(); }),
      overdue_(runtime.loop, [this] { signal(SIGKILL); }) {}

Announcer::~Announcer() {
    if (pid_ != 0) runtime_.children.forget(pid_);
}

void Announcer::announce(Announcements all) {
    if (all == all_) return;
    all_ = std::move(all);
    feed_.restart();
    if (all_.empty()) {
        retry_.cancel();
        feed_again_.cancel();
        if (event_) listen();
        event_.reset();
        channel_.close();
        if (pid_ != 0) overdue_.schedule(longest_end);
    } else if (channel_) {
        feed();
    } else if (pid_ == 0 && !retry_.pending()) {
        start();
    }  // else the one before is still taking back what it told
}

void Announcer::take_over(Handed& handed) {
    if (handed.pid == 0) return;
    pid_ = handed.pid;
    runtime_.children.add(pid_, *this);
    channel_ = Channel(handed.channel.take());
    if (!channel_) return;  // it is taking back what it told
    event_ = std::make_unique<FdEvent>(runtime_.loop, channel_.fd(), [this] { listen(); });
    event_->enable();
}

void Announcer::signal(int number) noexcept {
    if (pid_ != 0) ::kill(pid_, number);
}

void Announcer::start() noexcept {
    int error = 0;
    try {
        auto [ours, theirs] = Channel::pair();
        Channel* const parent = &theirs;
        const int keep[] = {theirs.fd()};
        const std::string title = std::string("minetd:") + name_;
        const pid_t pid = fork_process(title.c_str(), keep, [this, parent] {
            leave_signals_to_the_parent();
            try {
                assume_identity(resolve_identity(::geteuid() == 0 ? "nobody" : "", "", false));
                return body_(*parent);
            } catch (const std::exception& problem) {
                send_report(*parent, Level::error, problem.what());
                return 1;
            }
        });
        error = errno;
        if (pid > 0) {
            pid_ = pid;
            runtime_.children.add(pid, *this);
            channel_ = std::move(ours);
            event_ = std::make_unique<FdEvent>(runtime_.loop, channel_.fd(), [this] { listen(); });
            event_->enable();
            feed_.restart();
            return feed();
        }
    } catch (const std::system_error& problem) {
        error = problem.code().value();
    }
    const Milliseconds delay = throttle_.start_failed();
    runtime_.log(Level::error, fmt::format("{}: cannot start its process: {}; next try in {} s",
                                           name_, error_text(error), delay / 1000));
    retry_.schedule(delay);
}

void Announcer::feed() noexcept {
    if (channel_ && !feed_.send(channel_, all_)) feed_again_.schedule(feed_delay);
}

void Announcer::listen() noexcept {
    Level level{};
    std::string text;
    for (int budget = reports_a_turn; budget > 0; --budget) {
        if (!receive_report(channel_, level, text)) {
            // Nothing now, or nothing ever again: that is heard by SIGCHLD.
            char byte;
            if (::recv(channel_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) event_->disable();
            return;
        }
        runtime_.log(level, fmt::format("{}: {}", name_, text));
    }
}

void Announcer::on_exit(const Exit& exit) noexcept {
    const bool asked = !channel_;
    if (event_) listen();
    event_.reset();
    channel_.close();
    feed_again_.cancel();
    overdue_.cancel();
    pid_ = 0;
    if (all_.empty()) return;
    if (asked) return start();
    const Milliseconds delay = throttle_.crashed(monotonic_ms());
    runtime_.log(
        Level::error,
        fmt::format("{}: process {} {} {}; {}", name_, exit.pid,
                    WIFSIGNALED(exit.status) ? "was killed by signal" : "ended with status",
                    WIFSIGNALED(exit.status) ? WTERMSIG(exit.status) : WEXITSTATUS(exit.status),
                    delay == 0 ? "replaced" : fmt::format("next start in {} s", delay / 1000)));
    if (delay == 0) return start();
    retry_.schedule(delay);
}

}  // namespace minetd
