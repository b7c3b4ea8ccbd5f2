// SPDX-License-Identifier: ISC
#include "daemon/supervisor.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "daemon/background.h"
#include "daemon/inspect.h"
#include "daemon/notify_message.h"
#include "daemon/os/process.h"
#include "daemon/os/system_error.h"
#include "daemon/pid_file.h"
#include "daemon/request.h"
#include "daemon/restart_policy.h"
#include "daemon/supervised_daemon.h"

namespace minetd {
namespace {

constexpr std::size_t most_kept = 16'384, most_askers = 16;
/// More than a datagram socket holds: what a dead daemon has sent is all read.
constexpr int messages_of_a_turn = 64, most_pending = 1024;
/// How long a hung daemon may take to die of SIGABRT: its memory may be written to a file.
constexpr Milliseconds abort_grace = 10'000;
/// As long as a service manager waits for a start, unless told otherwise.
constexpr Milliseconds start_patience = 90'000;

/// Passing them on takes twice as many for a moment.
std::size_t room_for_descriptors() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 128) return 16;
    return std::min(most_kept, static_cast<std::size_t>(limit.rlim_cur - 64) / 2);
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status))
        return fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                           ::strsignal(WTERMSIG(status)));
    return fmt::format("ended with status {}", WEXITSTATUS(status));
}

}  // namespace

Supervisor::Supervisor(const Invocation& invocation, const LogTarget& log, Milliseconds watchdog,
                       Ready ready)
    : invocation_(of_daemon(invocation)),
      log_(log),
      on_ready_(std::move(ready)),
      store_(room_for_descriptors()),
      notify_event_(loop_, notify_.fd(), [this] { take_messages(messages_of_a_turn); }),
      signals_(loop_,
               [this](int signal, pid_t sender, int value) { on_signal(signal, sender, value); }),
      child_signal_(
          loop_, [this] { on_child(); }, false),
      again_(loop_, [this] { start(); }),
      watchdog_(
          loop_, watchdog, abort_grace, [this] { take_messages(most_pending); },
          [this](int signal) { end_hung(signal); }) {
    take_passed(store_);
    invocation_.environment.push_back("NOTIFY_SOCKET=" + notify_.name());
    invocation_.environment.push_back(fmt::format("{}={}", supervisor_variable, ::getpid()));
    notify_event_.enable();
}

int Supervisor::run() {
    again_.schedule(0);
    loop_.run();
    return result_;
}

void Supervisor::start() noexcept {
    ready_ = false;
    try {
        child_ = start_daemon(invocation_, store_, watchdog_.period());
        watchdog_.await_start(start_patience);
    } catch (const std::exception& problem) {
        child_ = 0;
        if (first_) {
            log_.message(Level::error, problem.what());
            return finish(EX_OSERR);
        }
        failures_ = failures_after(failures_, 0);
        try_again(problem.what());
    }
}

/// Anybody on this host can write there, and none of them may keep the loop from going round.
void Supervisor::take_messages(int most) noexcept {
    std::vector<UniqueFd> with;
    for (int budget = most; budget > 0; --budget) {
        const auto message = notify_.receive_with(with);
        if (!message) return;
        handle(*message, with);
        with.clear();  // which answers a BARRIER=1
    }
}

void Supervisor::handle(const NotifySocket::Message& message, std::vector<UniqueFd>& with) {
    if (child_ == 0 || message.pid != child_) return;
    const auto told = parse_notify_message(message.text);
    if (!told) return;
    if (told->remove) store_.remove(told->name);
    if (told->store)
        for (UniqueFd& fd : with)
            if (store_.add(told->name, std::move(fd)) == DescriptorStore::Outcome::full &&
                !std::exchange(told_full_, true))
                log_.message(Level::warning,
                             fmt::format("supervisor: {} descriptors are kept, and no more can be: "
                                         "what comes will be closed by a crash",
                                         store_.most()));
    if (told->alive) watchdog_.heard();
    if (told->pid_file) {
        // One that died has left its own, and the next may have another.
        if (*told->pid_file != pid_file_) remove_left_pid_file(pid_file_, ::getpid());
        pid_file_ = *told->pid_file;
    }
    if (!told->ready || ready_) return;
    ready_ = true;
    watchdog_.start();
    ready_us_ = monotonic_us();
    if (std::exchange(first_, false)) on_ready_();
    ask_first();
}

void Supervisor::on_child() noexcept {
    // As process 1 of a container others' children are ours too.
    while (const pid_t ended = ended_child()) {
        if (ended == child_) take_messages(most_pending);  // while it has its pid
        const Exit exit = reap(ended);
        if (ended == child_) on_exit(exit.status);
    }
}

void Supervisor::on_exit(int status) noexcept {
    child_ = 0;
    watchdog_.stop();
    const auto end = end_of_supervision(
        {.status = status, .was_ready = ready_, .first = first_, .asked_to_end = stopping_});
    if (end) {
        if (*end != EX_OK)
            log_.message(Level::error, "supervisor: the daemon " + how_it_ended(status) +
                                           ", and is not started again");
        return finish(*end);
    }
    const Milliseconds served = ready_ ? (monotonic_us() - ready_us_) / 1000 : 0;
    failures_ = failures_after(failures_, served);
    try_again("the daemon " + how_it_ended(status));
}

void Supervisor::try_again(const std::string& what) noexcept {
    const Milliseconds delay = restart_delay(failures_);
    log_.message(Level::error,
                 fmt::format("supervisor: {}; it is started again in {} ms", what, delay));
    again_.schedule(delay);
}

void Supervisor::end_hung(int signal) noexcept {
    const std::string silent =
        ready_ ? fmt::format("hangs: its main loop has not gone round for {} s",
                             watchdog_.period() / 1000)
               : fmt::format("hangs: it does not serve {} s after its start",
                             std::max(watchdog_.period(), start_patience) / 1000);
    log_.message(Level::error,
                 signal == SIGABRT
                     ? fmt::format("supervisor: the daemon {}; it is sent SIGABRT", silent)
                     : "supervisor: the daemon has not ended by SIGABRT; it is killed");
    forward(signal);
    forward(SIGCONT);  // one that was stopped ends, too
}

void Supervisor::finish(int status) noexcept {
    result_ = status;
    remove_left_pid_file(pid_file_, ::getpid());
    for (const Asker& asker : askers_) answer(asker.pid, Answer::refused);
    loop_.stop();
}

void Supervisor::forward(int signal) noexcept {
    // One that starts later reads everything anew.
    if (child_ > 0) ::kill(child_, signal);
}

void Supervisor::on_signal(int signal, pid_t sender, int value) {
    switch (signal) {
        case SIGTERM:
        case SIGINT:
        case SIGQUIT:
            stopping_ = true;
            return child_ > 0 ? forward(signal) : finish(EX_OK);
        case SIGHUP:
        case SIGUSR2:
            return is_request(value) ? on_request(signal, sender) : forward(signal);
        case SIGUSR1:
            if (child_ > 0 && sender == child_ && answer_in(value)) return on_answer(value);
            log_.reopen();
            return forward(signal);
        default:
            return;
    }
}

void Supervisor::on_request(int signal, pid_t sender) {
    const auto gone = [](const Asker& asker) {  // gave up
        return ::kill(asker.pid, 0) < 0 && errno == ESRCH;
    };
    // What was asked for the first is under way, whoever is there to hear of it: its answer is to
    // nobody else.
    if (askers_.size() > 1)
        askers_.erase(std::remove_if(askers_.begin() + 1, askers_.end(), gone), askers_.end());
    const bool known = std::any_of(askers_.begin(), askers_.end(),
                                   [&](const Asker& asker) { return asker.pid == sender; });
    if (!known && askers_.size() >= most_askers) return answer(sender, Answer::refused);
    if (!known) askers_.push_back({sender, signal});
    // Asked again: another signal that was pending swallowed it.
    if (askers_.front().pid == sender || (known && gone(askers_.front()))) ask_first();
}

void Supervisor::on_answer(int value) {
    if (askers_.empty()) return;
    answer(askers_.front().pid, *answer_in(value));
    askers_.erase(askers_.begin());
    ask_first();
}

void Supervisor::ask_first() noexcept {
    if (child_ > 0 && ready_ && !askers_.empty()) ask(child_, askers_.front().signal);
}

int supervise(const CommandLine& line, const Invocation& invocation) {
    std::optional<Background> background;
    if (!line.foreground) background.emplace();
    take_over_signals();
    raise_open_files();
    Supervisor supervisor(invocation, log_target(line, {}), line.watchdog * Milliseconds{1000},
                          [&] {
                              if (background) background->ready();
                          });
    if (::chdir("/") < 0) throw_errno("chdir /");
    return supervisor.run();
}

}  // namespace minetd
