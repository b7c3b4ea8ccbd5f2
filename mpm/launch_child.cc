// SPDX-License-Identifier: ISC
// The child between clone and exec. It shares its maker's memory, descriptors copied: raw system
// calls only, no allocation, no lock, no errno, and no write outside its slot and stack.
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>

#include "daemon/os/address_text.h"
#include "daemon/os/raw_syscall.h"
#include "mpm/launch.h"

namespace minetd {
namespace {

using raw::syscall;

constexpr unsigned first_listening = 3;  // SD_LISTEN_FDS_START

// The address sanitizer takes a stack that is not its thread's for a mistake when a function does
// not return; where that happens it is told to look away.
[[noreturn]] __attribute__((no_sanitize("address"))) void leave(int code) noexcept {
    for (;;) syscall(SYS_exit_group, code);
}

/// A step that must succeed.
__attribute__((no_sanitize("address"))) void must(LaunchSlot& slot, LaunchStep step,
                                                  long result) noexcept {
    if (result >= 0) return;
    slot.error = static_cast<int>(-result);
    slot.step = step;
    leave(126);
}

__attribute__((no_sanitize("address"))) void must(LaunchSlot& slot,
                                                  SandboxOutcome outcome) noexcept {
    must(slot, outcome.step, -static_cast<long>(outcome.error));
}

/// Builds the session's part of the environment in the slot: `NAME=value` strings and the pointers
/// to them. A variable whose value is unknown does not exist.
class SessionEnvironment {
  public:
    explicit SessionEnvironment(LaunchSlot& slot) noexcept
        : slot_(slot), text_(slot.env_text), next_(slot.plan->env.size()) {
        std::memcpy(slot.env.data(), slot.plan->env.data(), slot.plan->env.size() * sizeof(char*));
    }
    void address(const char* prefix, const char* name, const SocketAddress& address) noexcept {
        begin(prefix, name);
        text_ += address.host(text_) + 1;
    }
    void number(const char* prefix, const char* name, std::uint64_t value) noexcept {
        begin(prefix, name);
        text_ += format_number(text_, value) + 1;
    }
    void text(const char* name, const char* value) noexcept {
        begin("", name);
        copy(value);
        *text_++ = '\0';
    }
    void finish() noexcept { slot_.env[next_] = nullptr; }

  private:
    void begin(const char* prefix, const char* name) noexcept {
        slot_.env[next_++] = text_;
        copy(prefix);
        copy(name);
        *text_++ = '=';
    }
    void copy(const char* text) noexcept {
        while (*text != '\0') *text_++ = *text++;
    }

    LaunchSlot& slot_;
    char* text_;
    std::size_t next_;
};

/// UCSPI's names (PROTO decides the prefix), xinetd's REMOTE_HOST, systemd's REMOTE_ADDR and
/// REMOTE_PORT.
void describe_session(LaunchSlot& slot) noexcept {
    const char* protocol = slot.plan->protocol.c_str();
    if (!slot.local_known) {
        slot.local.length = SocketAddress::capacity;
        if (syscall(SYS_getsockname, slot.socket, slot.local.raw(), &slot.local.length) < 0)
            slot.local.length = 0;
    }
    SessionEnvironment env(slot);
    env.text("PROTO", protocol);
    if (slot.local.is_ip()) {
        env.address(protocol, "LOCALIP", slot.local);
        env.number(protocol, "LOCALPORT", slot.local.port());
    } else if (slot.local.length > sizeof(sa_family_t)) {
        env.address(protocol, "LOCALPATH", slot.local);
    }
    if (slot.peer.is_ip()) {
        env.address(protocol, "REMOTEIP", slot.peer);
        env.number(protocol, "REMOTEPORT", slot.peer.port());
        env.address("", "REMOTE_HOST", slot.peer);
        env.address("", "REMOTE_ADDR", slot.peer);
        env.number("", "REMOTE_PORT", slot.peer.port());
    } else if (slot.peer.length > 0) {
        ucred credentials{};
        socklen_t size = sizeof credentials;
        if (syscall(SYS_getsockopt, slot.socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) >=
                0 &&
            credentials.pid != 0) {
            env.number(protocol, "REMOTEEUID", credentials.uid);
            env.number(protocol, "REMOTEEGID", credentials.gid);
        }
    }
    env.finish();
}

/// What only the child knows of the LISTEN_FDS protocol (sd_listen_fds(3)) and of the watchdog.
void describe_listening(LaunchSlot& slot) noexcept {
    const auto self = static_cast<std::uint64_t>(syscall(SYS_getpid));
    SessionEnvironment env(slot);
    env.number("", "LISTEN_PID", self);
    if (slot.plan->watchdog) env.number("", "WATCHDOG_PID", self);
    env.finish();
}

void set_limit(LaunchSlot& slot, int resource, const rlimit& value) noexcept {
    must(slot, LaunchStep::limits, syscall(SYS_prlimit64, 0, resource, &value, nullptr));
}

/// So many open files can be allowed later on, when that is nobody's right any more.
void make_room(LaunchSlot& slot, rlim_t files) noexcept {
    rlimit present{};
    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, &present);
    if (files > present.rlim_max)
        set_limit(slot, RLIMIT_NOFILE, {.rlim_cur = present.rlim_cur, .rlim_max = files});
}

/// What a session needs and no other has a part in; done before a client is there where possible.
void set_up_process(LaunchSlot& slot) noexcept {
    const LaunchPlan& plan = *slot.plan;
    // A session costs a third of a start (the scheduler groups by it); a process group is enough
    // to be signalled as one.
    must(slot, LaunchStep::session,
         plan.session ? syscall(SYS_setsid) : syscall(SYS_setpgid, 0, 0));
    for (const ResourceLimit& limit : plan.rlimits) {
        const rlimit value{.rlim_cur = limit.value, .rlim_max = limit.value};
        set_limit(slot, limit.resource, value);
    }
    if (plan.open_files) make_room(slot, plan.open_files->rlim_max);
    if (plan.nice != 0)
        must(slot, LaunchStep::priority, syscall(SYS_setpriority, PRIO_PROCESS, 0, plan.nice));
    if (plan.umask) syscall(SYS_umask, *plan.umask);
    const Sandbox* const sandbox = plan.identity_assumed ? nullptr : plan.sandbox.get();
    if (sandbox != nullptr) must(slot, enter_surroundings(*sandbox));
    if (plan.identity.change && !plan.identity_assumed) {
        must(slot, LaunchStep::group, syscall(SYS_setgid, plan.identity.gid));
        must(slot, LaunchStep::groups,
             syscall(SYS_setgroups, plan.identity.groups.size(), plan.identity.groups.data()));
        must(slot, LaunchStep::user, syscall(SYS_setuid, plan.identity.uid));
    }
    if (sandbox != nullptr) must(slot, keep_capabilities(*sandbox));
    // minetd itself lives in `/`.
    if (plan.chdir != "/")
        must(slot, LaunchStep::directory, syscall(SYS_chdir, plan.chdir.c_str()));
}

long open_null(const LaunchPlan& plan, int flags) noexcept {
    return plan.null ? plan.null.get() : syscall(SYS_openat, AT_FDCWD, "/dev/null", flags, 0);
}

/// Standard error, as the service's user.
void place_error_output(LaunchSlot& slot) noexcept {
    const LaunchPlan& plan = *slot.plan;
    long fd = slot.socket;
    switch (plan.stderr_kind) {
        case StderrTarget::Kind::socket:
            break;
        case StderrTarget::Kind::log:
            fd = plan.stderr_fd;
            break;
        case StderrTarget::Kind::null:
            fd = open_null(plan, O_WRONLY);
            break;
        case StderrTarget::Kind::file:
            fd = syscall(SYS_openat, AT_FDCWD, plan.stderr_path.c_str(),
                         O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY, 0640);
            break;
    }
    must(slot, LaunchStep::error_output, fd);
    must(slot, LaunchStep::descriptors, syscall(SYS_dup3, fd, 2, 0));
}

/// As xinetd does: a program that knows nothing but IPv4 is spoken to in IPv4 (ipv6(7)). The socket
/// of a client that has hung up already stays what it is.
void unmap(const LaunchSlot& slot) noexcept {
    const int family = AF_INET;
    if (slot.peer.is_mapped())
        syscall(SYS_setsockopt, slot.socket, SOL_IPV6, IPV6_ADDRFORM, &family, sizeof family);
}

void place_session(LaunchSlot& slot) noexcept {
    describe_session(slot);
    unmap(slot);
    place_error_output(slot);
    must(slot, LaunchStep::descriptors, syscall(SYS_dup3, slot.socket, 0, 0));
    must(slot, LaunchStep::descriptors, syscall(SYS_dup3, slot.socket, 1, 0));
}

/// A resident program talks to nobody yet: it reads nothing, and prints where its errors go.
void place_listening(LaunchSlot& slot) noexcept {
    describe_listening(slot);
    place_error_output(slot);
    must(slot, LaunchStep::descriptors, syscall(SYS_dup3, 2, 1, 0));
    const long nothing = open_null(*slot.plan, O_RDONLY);
    must(slot, LaunchStep::descriptors, nothing);
    must(slot, LaunchStep::descriptors, syscall(SYS_dup3, nothing, 0, 0));
    unsigned place = first_listening;
    for (const int fd : slot.plan->listening)
        must(slot, LaunchStep::descriptors, syscall(SYS_dup3, fd, place++, 0));
}

}  // namespace

__attribute__((no_sanitize("address"))) int launch_child(void* argument) noexcept {
    LaunchSlot& slot = *static_cast<LaunchSlot*>(argument);
    const LaunchPlan& plan = *slot.plan;
    set_up_process(slot);
    if (slot.before != nullptr && !slot.before(slot)) leave(0);
    plan.listening.empty() ? place_session(slot) : place_listening(slot);
    // Everything of ours is close-on-exec already; this is the net below it. In a sandbox there are
    // rules that are descriptors, and afterwards perhaps nothing but the exec is allowed.
    const auto ours = first_listening + static_cast<unsigned>(plan.listening.size());
    syscall(SYS_close_range, ours, ~0U, plan.sandbox ? CLOSE_RANGE_CLOEXEC : 0);
    if (plan.open_files) set_limit(slot, RLIMIT_NOFILE, *plan.open_files);
    const std::uint64_t no_signals = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, nullptr, sizeof no_signals);
    if (plan.sandbox) must(slot, confine(*plan.sandbox));
    must(slot, LaunchStep::exec,
         syscall(SYS_execve, plan.path.c_str(), plan.argv.data(), slot.env.data()));
    leave(126);
}

}  // namespace minetd
