// SPDX-License-Identifier: ISC
#include "daemon/upgrade.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <sstream>
#include <stdexcept>

#include "daemon/os/process.h"
#include "daemon/os/sealed_file.h"
#include "daemon/os/signals.h"
#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr std::size_t most_output = 16 * 1024;
constexpr int most_lines = 20, reads_a_turn = 64;

void set_inherited(int fd, bool inherited) noexcept {
    ::fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC);
}

bool is_same_file(const struct stat& a, const struct stat& b) noexcept {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Upgrade::Upgrade(Runtime& runtime, const Invocation& invocation, Checked checked)
    : runtime_(runtime),
      invocation_(invocation),
      checked_(std::move(checked)),
      deadline_(runtime.loop,
                [this] {
                    late_ = true;
                    if (::kill(-pid_, SIGKILL) < 0) ::kill(pid_, SIGKILL);
                }),
      tell_(runtime.loop, [this] { checked_(problem_); }) {}

Upgrade::~Upgrade() {
    if (pid_ == 0) return;
    const pid_t pid = pid_;
    cancel();
    ::waitpid(pid, nullptr, 0);
}

void Upgrade::cancel() noexcept {
    tell_.cancel();
    if (pid_ == 0) return;
    runtime_.children.forget(pid_);
    if (::kill(-pid_, SIGKILL) < 0) ::kill(pid_, SIGKILL);
    pid_ = 0;
    deadline_.cancel();
    output_event_.reset();
    output_fd_.reset();
}

void Upgrade::check(Handover state, Milliseconds patience) noexcept {
    patience_ = patience;
    std::string problem;
    try {
        return begin_check(state);
    } catch (const std::exception& error) {
        problem = error.what();
    }
    checked_(problem);
}

void Upgrade::begin_check(Handover& state) {
    if (::stat(invocation_.program.c_str(), &binary_) < 0) throw_errno(invocation_.program);
    const UniqueFd memory = sealed_file("minetd-handover", state.to_text());
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("pipe");
    output_fd_.reset(ends[0]);
    const UniqueFd theirs(ends[1]);
    set_nonblocking(ends[0], true);

    std::vector<int> keep{memory.get(), theirs.get()};
    for (const HandedFd* fd : state.descriptors()) keep.push_back(fd->number);
    std::vector<std::string> arguments = invocation_.arguments;
    arguments.push_back(fmt::format("--check-handover={}", memory.get()));
    std::vector<std::string> environment = invocation_.environment;
    const std::vector<char*> argv = pointers_to(arguments), env = pointers_to(environment);
    const int out = theirs.get();
    pid_ = fork_process("minetd:check", keep, [&] {
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        ::dup2(null, 0);
        for (const int fd : {1, 2}) ::dup2(out, fd);
        for (const int fd : keep) set_inherited(fd, fd != out);
        (void)!::chdir(invocation_.directory.c_str());
        unblock_signals();
        ::execve(invocation_.program.c_str(), argv.data(), env.data());
        const std::string problem = "cannot be executed: " + error_text(errno) + "\n";
        (void)!::write(1, problem.data(), problem.size());
        return 126;
    });
    if (pid_ < 0) {
        pid_ = 0;
        throw_errno("fork");
    }
    late_ = false;
    output_.clear();
    runtime_.children.add(pid_, *this);
    output_event_ =
        std::make_unique<FdEvent>(runtime_.loop, output_fd_.get(), [this] { on_output(); });
    output_event_->enable();
    deadline_.schedule(patience_);
}

void Upgrade::on_output() noexcept {
    // One that never stops may not keep the loop from its deadline.
    for (int budget = reads_a_turn; budget > 0; --budget) {
        char bytes[4096];
        const ssize_t size = ::read(output_fd_.get(), bytes, sizeof bytes);
        if (size == 0 && output_event_) output_event_->disable();
        if (size <= 0) return;
        output_.append(bytes,
                       std::min(static_cast<std::size_t>(size), most_output - output_.size()));
    }
}

std::string Upgrade::verdict(const Exit& exit) const {
    if (late_) return fmt::format("gives no answer within {} s", patience_ / 1000);
    if (exit.status != 0) return end_text(exit.status);
    if (output_.find(can_take_over) == output_.npos)
        return "says nothing of taking over: it is no minetd that can";
    return {};
}

void Upgrade::on_exit(const Exit& exit) noexcept {
    on_output();  // its last words
    pid_ = 0;
    deadline_.cancel();
    output_event_.reset();
    output_fd_.reset();
    const std::string problem = verdict(exit);
    std::istringstream lines(output_);
    int told = 0;
    for (std::string line; std::getline(lines, line) && told < most_lines;) {
        if (line.empty() || line == can_take_over) continue;
        runtime_.log(problem.empty() ? Level::warning : Level::error, "upgrade: " + line);
        ++told;
    }
    problem_ = problem.empty() ? problem : invocation_.program + " " + problem;
    tell_.schedule(0);
}

std::string Upgrade::become_it(Handover state) noexcept {
    const auto set_all = [&state](bool inherited) noexcept {
        for (const HandedFd* fd : state.descriptors()) set_inherited(fd->number, inherited);
    };
    try {
        struct stat now {};
        if (::stat(invocation_.program.c_str(), &now) < 0) throw_errno(invocation_.program);
        if (!is_same_file(binary_, now))
            throw std::runtime_error(invocation_.program +
                                     " was replaced while it was being checked; try again");
        const UniqueFd memory = sealed_file("minetd-handover", state.to_text());
        std::vector<std::string> arguments = invocation_.arguments,
                                 environment = invocation_.environment;
        environment.push_back(fmt::format("{}={}:{}", handover_variable, ::getpid(), memory.get()));
        const std::vector<char*> argv = pointers_to(arguments), env = pointers_to(environment);
        if (::chdir(invocation_.directory.c_str()) < 0) throw_errno(invocation_.directory);
        set_all(true);
        set_inherited(memory.get(), true);
        ::execve(invocation_.program.c_str(), argv.data(), env.data());
        const int error = errno;
        set_all(false);
        (void)!::chdir("/");
        throw_errno("cannot execute " + invocation_.program, error);
    } catch (const std::exception& problem) {
        return problem.what();
    }
}

}  // namespace minetd
