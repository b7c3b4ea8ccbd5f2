// SPDX-License-Identifier: ISC
// A program per connection, in five ways.

#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tests/bench/limit.h"

namespace minetd::bench {

namespace {

constexpr std::size_t stack_size = 16 * 1024;
/// Waiting children of vm_prefork_exec: more than any concurrency that is measured.
constexpr unsigned children = 128;

void check(bool good, const char* what) {
    if (!good) throw std::system_error(errno, std::generic_category(), what);
}

// Runs in a child that may share our memory: system calls only, and nothing after exec.
[[noreturn]] void become(int connection, char** program) {
    dup2(connection, STDIN_FILENO);
    dup2(connection, STDOUT_FILENO);
    execve(program[0], program, environ);
    _exit(127);
}

struct Start {
    int listener;
    int connection;
    char** program;
};

int run_accepted(void* argument) {
    const Start& start = *static_cast<Start*>(argument);
    become(start.connection, start.program);
}

int accept_and_run(void* argument) {
    const Start& start = *static_cast<Start*>(argument);
    become(accept4(start.listener, nullptr, nullptr, SOCK_CLOEXEC), start.program);
}

// Children on stacks of ours. A stack is free again when its child has been reaped, since until its
// exec the child runs on it.
class Stacks {
  public:
    void start(int (*run)(void*), const Start& what) {
        if (free_.empty()) grow();
        Slot* slot = free_.back();
        slot->start = what;
        const int pid = clone(run, slot->top, CLONE_VM | SIGCHLD, &slot->start);
        check(pid > 0, "clone");
        free_.pop_back();
        busy_.emplace(pid, slot);
    }

    /// Reaps one child of this thread; false when none has ended (with WNOHANG).
    bool reap(int flags) {
        const pid_t pid = waitpid(-1, nullptr, flags | __WNOTHREAD);
        if (pid <= 0) return false;
        const auto slot = busy_.find(pid);
        free_.push_back(slot->second);
        busy_.erase(slot);
        return true;
    }

  private:
    struct Slot {
        Start start;
        std::byte* top;
    };

    void grow() {
        void* memory = mmap(nullptr, stack_size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        check(memory != MAP_FAILED, "mmap");
        slots_.push_back(std::make_unique<Slot>());
        slots_.back()->top = static_cast<std::byte*>(memory) + stack_size;
        free_.push_back(slots_.back().get());
    }

    std::vector<std::unique_ptr<Slot>> slots_;
    std::vector<Slot*> free_;
    std::unordered_map<pid_t, Slot*> busy_;
};

int accept_one(int listener) {
    const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    check(connection >= 0, "accept4");
    return connection;
}

}  // namespace

void serve_vm_prefork_exec(int listener, char** program) {
    Stacks stacks;
    const Start start{listener, -1, program};
    for (unsigned child = 0; child < children; ++child) stacks.start(accept_and_run, start);
    while (stacks.reap(0)) stacks.start(accept_and_run, start);
    throw std::system_error(errno, std::generic_category(), "waitpid");
}

void serve_vm(int listener, char** program) {
    Stacks stacks;
    for (;;) {
        const int connection = accept_one(listener);
        stacks.start(run_accepted, {listener, connection, program});
        close(connection);
        while (stacks.reap(WNOHANG)) continue;
    }
}

void serve_vm_x2(int listener, char** program) {
    std::thread other(serve_vm, listener, program);
    serve_vm(listener, program);
    other.join();
}

void serve_vfork(int listener, char** program) {
    for (;;) {
        const int connection = accept_one(listener);
        const pid_t pid = vfork();
        if (pid == 0) become(connection, program);
        check(pid > 0, "vfork");
        close(connection);
        while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    }
}

void serve_fork(int listener, char** program) {
    for (;;) {
        const int connection = accept_one(listener);
        const pid_t pid = fork();
        if (pid == 0) become(connection, program);
        check(pid > 0, "fork");
        close(connection);
        while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
    }
}

}  // namespace minetd::bench
