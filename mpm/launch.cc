// SPDX-License-Identifier: ISC
#include "mpm/launch.h"

#include <fmt/format.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "daemon/config/limit_attribute.h"
#include "daemon/os/process.h"
#include "daemon/os/raw_syscall.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

// Room for the calls of launch_child.cc; pages are touched only as deep as they go.
constexpr std::size_t stack_size = 32 * 1024;
constexpr std::size_t guard_size = 4096;
constexpr std::size_t most_slots = 4096;
// Ending up here with many children still on their way is rare; looking is cheap.
constexpr std::size_t collect_above = 8;
constexpr int clone_flags = CLONE_VM | CLONE_CHILD_CLEARTID;

/// The pid, or -errno.
long clone_here(LaunchSlot& slot) noexcept {
    const int pid = ::clone(launch_child, slot.stack + stack_size, clone_flags | SIGCHLD, &slot,
                            nullptr, nullptr, &slot.tid);
    return pid < 0 ? -errno : pid;
}

/// The child is in its cgroup from the first: its limits hold for the start too, and nothing is
/// moved (Linux 5.7).
long clone_into_cgroup(LaunchSlot& slot) noexcept {
    const int directory = slot.birthplace->fd();
    if (directory < 0) return -errno;
    clone_args arguments{};
    arguments.flags = clone_flags | CLONE_INTO_CGROUP;
    arguments.child_tid = reinterpret_cast<std::uintptr_t>(&slot.tid);
    arguments.exit_signal = SIGCHLD;
    arguments.stack = reinterpret_cast<std::uintptr_t>(slot.stack);
    arguments.stack_size = stack_size;
    arguments.cgroup = static_cast<std::uint64_t>(directory);
    return raw::clone3(arguments, sizeof arguments, launch_child, &slot);
}

/// As the daemon may give, so may its child.
std::string limits_beyond_reach(const LaunchPlan& plan) {
    std::vector<ResourceLimit> limits = plan.rlimits;
    if (plan.open_files) limits.push_back({RLIMIT_NOFILE, plan.open_files->rlim_max});
    std::string all, beyond;
    for (const ResourceLimit& limit : limits) {
        const std::string text =
            fmt::format("{} = {}", limit_attribute(limit.resource), limit.value);
        all += (all.empty() ? "" : ", ") + text;
        if (!may_limit(limit.resource, limit.value)) beyond += (beyond.empty() ? "" : ", ") + text;
    }
    return beyond.empty() ? all : beyond;
}

/// What a file that seems to be there may miss inside a sandbox.
std::string advice(int error, const SandboxSpec& spec) {
    if (error == ENOENT && !spec.chroot.empty())
        return " (inside " + spec.chroot +
               ", which must have the program, its loader and libraries, and the devices it opens)";
    if (error == EACCES && spec.landlock())
        return " (landlock_execute must have the program and its loader, landlock_read its "
               "libraries)";
    return {};
}

}  // namespace

Launcher::~Launcher() {
    // A child that has not reached its program yet lives on what is freed here.
    for (int patience = 100'000; patience > 0 && !in_flight_.empty(); --patience) {
        collect();
        ::sched_yield();
    }
    for (LaunchSlot& slot : slots_) ::munmap(slot.stack - guard_size, stack_size + guard_size);
}

LaunchSlot* Launcher::grow() noexcept {
    if (slots_.size() >= most_slots) return nullptr;
    void* memory = ::mmap(nullptr, stack_size + guard_size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    ::mprotect(memory, guard_size, PROT_NONE);
    LaunchSlot& slot = slots_.emplace_back();
    slot.stack = static_cast<char*>(memory) + guard_size;
    return &slot;
}

void Launcher::retire(LaunchSlot& slot) noexcept {
    if (slot.error != 0) failures_[slot.serial] = {slot.error, slot.step};
    slot.serial = 0;
    slot.plan.reset();
    free_.push_back(&slot);
}

void Launcher::collect() noexcept {
    std::erase_if(in_flight_, [this](LaunchSlot* slot) {
        if (slot->pinned || slot->tid.load(std::memory_order_acquire) != 0) return false;
        retire(*slot);
        return true;
    });
}

LaunchSlot* Launcher::prepare(std::shared_ptr<const LaunchPlan> plan) noexcept {
    if (free_.empty() && in_flight_.size() >= collect_above) collect();
    LaunchSlot* slot;
    if (!free_.empty()) {
        slot = free_.back();
        free_.pop_back();
    } else if ((slot = grow()) == nullptr) {
        return nullptr;
    }
    slot->serial = ++serial_ == 0 ? ++serial_ : serial_;
    slot->error = 0;
    slot->step = LaunchStep::none;
    slot->before = nullptr;
    slot->context = nullptr;
    slot->pinned = false;
    slot->local_known = false;
    slot->began_us = 0;
    slot->birthplace = nullptr;
    // Room for the session's own variables and the null pointer at the end.
    slot->env.resize(plan->env.size() + 16);
    slot->plan = std::move(plan);
    return slot;
}

Launcher::Started Launcher::start(LaunchSlot& slot) noexcept {
    slot.tid.store(1, std::memory_order_relaxed);
    const long pid = slot.birthplace == nullptr ? clone_here(slot) : clone_into_cgroup(slot);
    if (pid < 0) {
        const int error = static_cast<int>(-pid);
        slot.tid.store(0, std::memory_order_relaxed);
        retire(slot);
        return {.pid = -1, .error = error, .ticket = {}};
    }
    slot.pid = static_cast<pid_t>(pid);
    in_flight_.push_back(&slot);
    return {.pid = slot.pid, .error = 0, .ticket = {&slot, slot.serial}};
}

Launcher::Failure Launcher::look(const Ticket& ticket) noexcept {
    if (ticket.slot == nullptr) return {};
    if (ticket.slot->serial == ticket.serial &&
        ticket.slot->tid.load(std::memory_order_acquire) == 0)
        return {ticket.slot->error, ticket.slot->step};
    const auto found = failures_.find(ticket.serial);
    return found == failures_.end() ? Failure{} : found->second;
}

bool Launcher::settle(Milliseconds patience) noexcept {
    const Milliseconds until = monotonic_ms() + patience;
    for (collect(); !in_flight_.empty() && monotonic_ms() < until; collect()) ::usleep(50);
    return in_flight_.empty();
}

Launcher::Failure Launcher::outcome(const Ticket& ticket) noexcept {
    if (ticket.slot == nullptr) return {};
    if (ticket.slot->serial == ticket.serial) {
        const Failure failure{ticket.slot->error, ticket.slot->step};
        ticket.slot->error = 0;
        std::erase(in_flight_, ticket.slot);
        retire(*ticket.slot);
        return failure;
    }
    const auto found = failures_.find(ticket.serial);
    if (found == failures_.end()) return {};
    const Failure failure = found->second;
    failures_.erase(found);
    return failure;
}

std::string describe(const Launcher::Failure& failure, const LaunchPlan& plan) {
    const std::string reason = ": " + error_text(failure.error);
    const SandboxSpec& kept_from = plan.sandbox ? plan.sandbox->spec : SandboxSpec{};
    switch (failure.step) {
        case LaunchStep::exec:
            return "cannot execute " + plan.path + reason + advice(failure.error, kept_from);
        case LaunchStep::directory:
            return "cannot enter " + plan.chdir + reason;
        case LaunchStep::error_output:
            return "cannot open " +
                   (plan.stderr_path.empty() ? std::string("/dev/null") : plan.stderr_path) +
                   " for standard error" + reason + advice(failure.error, kept_from);
        case LaunchStep::session:
            return "setsid or setpgid" + reason;
        case LaunchStep::limits:
            return limits_beyond_reach(plan) + reason;
        case LaunchStep::priority:
            return "nice" + reason;
        case LaunchStep::group:
            return "setgid for " + plan.identity.user + reason;
        case LaunchStep::groups:
            return "setgroups for " + plan.identity.user + reason;
        case LaunchStep::user:
            return "setuid to " + plan.identity.user + reason;
        case LaunchStep::descriptors:
            return "dup" + reason;
        default:
            break;
    }
    if (const std::string text = describe(failure.step, kept_from); !text.empty())
        return text + reason;
    return "cannot start " + plan.path + reason;
}

}  // namespace minetd
