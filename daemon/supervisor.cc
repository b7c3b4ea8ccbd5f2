// SPDX-License-Identifier: ISC
#include "daemon/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "daemon/background.h"
#include "daemon/inheritance.h"
#include "daemon/inspect.h"
#include "daemon/notify_message.h"
#include "daemon/os/process.h"
#include "daemon/os/system_error.h"
#include "daemon/pid_file.h"
#include "daemon/request.h"
#include "daemon/restart_policy.h"

namespace minetd {
namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START
constexpr std::size_t most_kept = 16'384, most_askers = 16;
/// More than a datagram socket holds: what a dead daemon has sent is all read.
constexpr int messages_of_a_turn = 64, most_pending = 1024;
/// How long a hung daemon may take to die of SIGABRT: its memory may be written to a file.
constexpr Milliseconds abort_grace = 10'000;
/// As long as a service manager waits for a start, unless told otherwise.
constexpr Milliseconds start_patience = 90'000;
constexpr char no_exec[] = "minetd: --supervise: the daemon's binary cannot be executed\n";

/// Passing them on takes twice as many for a moment.
std::size_t room_for_descriptors() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < 128) return 16;
    return std::min(most_kept, static_cast<std::size_t>(limit.rlim_cur - 64) / 2);
}

/// As the daemon is to be started: it is told of us by what start() adds.
Invocation of_daemon(const Invocation& ours) {
    Invocation daemon = ours;
    std::erase_if(daemon.arguments, [](const std::string& word) {
        return word == "--supervise" || word.starts_with("--supervise=");
    });
    std::erase_if(daemon.environment, [](const std::string& variable) {
        return variable.starts_with(std::string(supervisor_variable) + '=') ||
               variable.starts_with("WATCHDOG_USEC=") || variable.starts_with("WATCHDOG_PID=");
    });
    return daemon;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// A variable whose value only the new process knows.
class OwnPid {
  public:
    explicit OwnPid(const std::string& name)
        : text_(name + '=' + std::string(room, '\0')), digits_(name.size() + 1) {}
    char* text() noexcept { return text_.data(); }
    void fill_in() noexcept {
        std::to_chars(text() + digits_, text() + digits_ + room - 1, ::getpid());
    }

  private:
    static constexpr std::size_t room = 16;
    std::string text_;
    std::size_t digits_;
};

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status))
        return fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                           ::strsignal(WTERMSIG(status)));
    return fmt::format("ended with status {}", WEXITSTATUS(status));
}

/// What we were started with is for the daemon.
void take_passed(DescriptorStore& store) {
    const std::vector<std::string> names = listen_names({.pid = std::getenv("LISTEN_PID"),
                                                         .fds = std::getenv("LISTEN_FDS"),
                                                         .names = std::getenv("LISTEN_FDNAMES")},
                                                        ::getpid(), std::nullopt);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const int fd = first_passed + static_cast<int>(i);
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
            throw std::invalid_argument(
                fmt::format("LISTEN_FDS is {}, but descriptor {} is not open", names.size(), fd));
        const std::string name = is_descriptor_name(names[i]) ? names[i] : "unknown";
        if (store.add(name, UniqueFd(fd)) == DescriptorStore::Outcome::full)
            throw std::invalid_argument(fmt::format(
                "LISTEN_FDS is {}, more than the {} that can be kept", names.size(), store.most()));
    }
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
        child_ = fork_daemon();
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

pid_t Supervisor::fork_daemon() {
    const std::vector<int> kept = store_.descriptors();
    std::vector<int> copies(kept.size());
    std::vector<std::string> arguments = invocation_.arguments,
                             environment = invocation_.environment;
    // Its number is known only to itself.
    OwnPid listen_pid("LISTEN_PID"), watchdog_pid("WATCHDOG_PID");
    if (watchdog_.period() > 0)
        environment.push_back(fmt::format("WATCHDOG_USEC={}", watchdog_.period() * 1000));
    if (!kept.empty()) {
        environment.push_back(fmt::format("LISTEN_FDS={}", kept.size()));
        environment.push_back("LISTEN_FDNAMES=" + store_.names());
    }
    const std::vector<char*> argv = pointers_to(arguments);
    std::vector<char*> env = pointers_to(environment);
    if (!kept.empty()) env.insert(env.begin(), listen_pid.text());
    if (watchdog_.period() > 0) env.insert(env.begin(), watchdog_pid.text());
    const std::optional<rlimit> before = lowered_open_files();
    const int beyond = first_passed + static_cast<int>(kept.size());
    const pid_t pid = fork_process("minetd", kept, [&] {
        // In a group of its own: what a terminal sends comes once, through us. Signals stay
        // blocked, as the daemon has them: one that comes now waits until it is looked for.
        ::setpgid(0, 0);
        for (std::size_t i = 0; i < kept.size(); ++i)
            if ((copies[i] = ::fcntl(kept[i], F_DUPFD_CLOEXEC, beyond)) < 0) return EX_OSERR;
        for (std::size_t i = 0; i < kept.size(); ++i)
            if (::dup2(copies[i], first_passed + static_cast<int>(i)) < 0) return EX_OSERR;
        listen_pid.fill_in();
        watchdog_pid.fill_in();
        if (before) ::setrlimit(RLIMIT_NOFILE, &*before);
        (void)!::chdir(invocation_.directory.c_str());
        ::execve(invocation_.program.c_str(), argv.data(), env.data());
        (void)!::write(STDERR_FILENO, no_exec, sizeof no_exec - 1);
        return EX_OSERR;
    });
    if (pid < 0) throw_errno("fork");
    return pid;
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
