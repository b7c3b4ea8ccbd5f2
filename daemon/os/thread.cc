// SPDX-License-Identifier: ISC
#include "daemon/os/thread.h"

#include <limits.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

void* run(void* argument) {
    const std::unique_ptr<std::function<void()>> body(
        static_cast<std::function<void()>*>(argument));
    (*body)();
    return nullptr;
}

/// PTHREAD_STACK_MIN is too little for a handler's first buffers.
std::size_t usable_stack(std::size_t asked) noexcept {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t least = static_cast<std::size_t>(PTHREAD_STACK_MIN) + 64 * 1024;
    return (std::max(asked, least) + page - 1) / page * page;
}

}  // namespace

Thread::Thread(std::size_t stack_size, std::function<void()> body) {
    auto argument = std::make_unique<std::function<void()>>(std::move(body));
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    if (stack_size != 0) ::pthread_attr_setstacksize(&attributes, usable_stack(stack_size));
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = ::pthread_create(&thread_, &attributes, run, argument.get());
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_attr_destroy(&attributes);
    if (error != 0) throw std::system_error(error, std::generic_category(), "thread");
    argument.release();
    running_ = true;
}

Thread::Thread(Thread&& other) noexcept
    : thread_(other.thread_), running_(std::exchange(other.running_, false)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
    join();
    thread_ = other.thread_;
    running_ = std::exchange(other.running_, false);
    return *this;
}

void Thread::join() noexcept {
    if (std::exchange(running_, false)) ::pthread_join(thread_, nullptr);
}

void Thread::detach() noexcept {
    if (std::exchange(running_, false)) ::pthread_detach(thread_);
}

unsigned processors() noexcept {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) < 0) return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace minetd
