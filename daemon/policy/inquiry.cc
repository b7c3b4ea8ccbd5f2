// SPDX-License-Identifier: ISC
#include "daemon/policy/inquiry.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "daemon/os/outgoing_message.h"
#include "daemon/os/raw_syscall.h"

namespace minetd {
namespace {

using raw::syscall;

static_assert(std::is_trivially_copyable_v<Question> && std::is_trivially_copyable_v<Answers>);

/// Questions that may wait for the inquirer: many more than clients that come at once.
constexpr int queue_bytes = 4 * 1024 * 1024;
/// The inquirer keeps its times itself; this is for the case that it does not.
constexpr Milliseconds grace = 2000;

long send_question(int fd, const Question& question, int attached) noexcept {
    const OutgoingMessage message(&question, sizeof question, attached);
    return syscall(SYS_sendmsg, fd, message.header(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool bounded(Verdict verdict) noexcept {
    return verdict == Verdict::allow || verdict == Verdict::deny;
}

}  // namespace

Inquiry::Inquiry() {
    std::tie(asking_, inlet_) = Channel::pair();
    // Without the privilege it is what the system allows.
    if (::setsockopt(asking_.fd(), SOL_SOCKET, SO_SNDBUFFORCE, &queue_bytes, sizeof queue_bytes) <
        0)
        ::setsockopt(asking_.fd(), SOL_SOCKET, SO_SNDBUF, &queue_bytes, sizeof queue_bytes);
}

bool can_identify(const ServiceSpec& spec) noexcept {
    constexpr std::uint16_t ident_port = 113;
    return spec.family != Family::unix_domain && !spec.is_datagram() && spec.port != ident_port;
}

bool Inquiry::needed(const ServiceSpec& spec) noexcept {
    const bool userid = ((spec.log_on_success | spec.log_on_failure) & log_userid) != 0;
    return spec.access.names() || !spec.libwrap.empty() ||
           (can_identify(spec) && (spec.ident_only || userid));
}

int Inquiry::ask(const Question& question) const noexcept {
    int ends[2];
    const long made =
        syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
    if (made < 0) return static_cast<int>(made);
    const long sent = send_question(asking_.fd(), question, ends[1]);
    syscall(SYS_close, ends[1]);
    if (sent == sizeof question) return ends[0];
    syscall(SYS_close, ends[0]);
    return sent < 0 ? static_cast<int>(sent) : -EIO;
}

void Inquiry::tell(const Question& question) const noexcept {
    send_question(asking_.fd(), question, -1);
}

Channel::Received Inquiry::receive(Question& question, UniqueFd& reply) noexcept {
    std::size_t size = 0;
    const Channel::Received received = inlet_.receive(&question, sizeof question, size, reply);
    if (received != Channel::Received::message) return received;
    const auto whole = [](const SocketAddress& address) {
        return address.is_ip() && address.length <= SocketAddress::capacity &&
               address.length >=
                   (address.family() == AF_INET ? sizeof address.v4 : sizeof address.v6);
    };
    if (size != sizeof question || !whole(question.peer) || !whole(question.local))
        return Channel::Received::end;
    return received;
}

Inquiry::Heard Inquiry::hear(int fd, Answers& answers) noexcept {
    Answers heard;
    const long got =
        syscall(SYS_recvfrom, fd, &heard, sizeof heard, MSG_DONTWAIT | MSG_TRUNC, nullptr, nullptr);
    if (got == -EAGAIN || got == -EINTR) return Heard::nothing;
    answers = {};
    if (got != sizeof heard) return Heard::answer;
    if (bounded(heard.name)) answers.name = heard.name;
    if (bounded(heard.libwrap)) answers.libwrap = heard.libwrap;
    if (bounded(heard.ident)) answers.ident = heard.ident;
    return Heard::answer;
}

Answers Inquiry::await(int fd, Milliseconds patience) noexcept {
    Answers answers;
    if (fd < 0) return answers;
    const Milliseconds until = monotonic_ms() + patience;
    while (hear(fd, answers) == Heard::nothing) {
        const Milliseconds left = until - monotonic_ms();
        if (left <= 0) break;
        const timespec time{.tv_sec = static_cast<time_t>(left / 1000),
                            .tv_nsec = left % 1000 * 1'000'000};
        timespec rest = time;  // the kernel writes what is left
        pollfd item{.fd = fd, .events = POLLIN, .revents = 0};
        syscall(SYS_ppoll, &item, 1, &rest, nullptr, 0);
    }
    syscall(SYS_close, fd);
    return answers;
}

Milliseconds patience_for(const ServiceSpec& spec) noexcept {
    const Milliseconds ident = spec.ident_only ? spec.ident_timeout * Milliseconds{1000} : 0;
    return std::max(lookup_patience, ident) + grace;
}

}  // namespace minetd
