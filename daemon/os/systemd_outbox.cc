// SPDX-License-Identifier: ISC
#include "daemon/os/systemd_outbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "daemon/os/outgoing_message.h"

namespace minetd::systemd {
namespace {

/// As many as the manager keeps descriptors for us, and some.
constexpr std::size_t most_waiting = 5000;
constexpr Milliseconds last_patience = 1000;

Outbox* outbox = nullptr;

enum class Sent { yes, later, no };

/// Connected, so that poll(2) tells when there is room; none where nobody is to be reached.
UniqueFd way_to_manager() noexcept {
    const char* const name = std::getenv("NOTIFY_SOCKET");
    const std::size_t length = name == nullptr ? 0 : std::strlen(name);
    sockaddr_un address{};
    if (length < 2 || length >= sizeof address.sun_path || (*name != '/' && *name != '@'))
        return {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name, length);
    std::size_t size = offsetof(sockaddr_un, sun_path) + length;
    if (*name == '@')
        address.sun_path[0] = '\0';
    else
        ++size;  // the NUL
    UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address),
                         static_cast<socklen_t>(size)) < 0)
        return {};
    return fd;
}

Sent try_to_send(int socket, const std::string& text, int fd) noexcept {
    const OutgoingMessage message(text.data(), text.size(), fd);
    for (;;) {
        if (::sendmsg(socket, message.header(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return Sent::yes;
        if (errno != EINTR) return errno == EAGAIN ? Sent::later : Sent::no;
    }
}

/// The kind of a message that the next one of its kind replaces; empty for any other.
std::string_view replaceable(std::string_view text) noexcept {
    for (const std::string_view kind : {"STATUS=", "WATCHDOG=", "EXTEND_TIMEOUT_USEC="})
        if (text.starts_with(kind)) return kind;
    return {};
}

}  // namespace

bool deliver(const std::string& text, int fd) noexcept {
    if (outbox != nullptr) return outbox->send(text, fd);
    const UniqueFd socket = way_to_manager();
    return socket && try_to_send(socket.get(), text, fd) == Sent::yes;
}

Outbox::Outbox(EventLoop& loop, std::function<void(const std::string&)> problem)
    : loop_(loop), problem_(std::move(problem)) {
    outbox = this;
}

Outbox::~Outbox() {
    finish(last_patience);
    outbox = nullptr;
}

bool Outbox::send(const std::string& text, int fd) noexcept {
    if (!waiting_.empty()) return keep(text, fd);
    event_.reset();
    socket_ = way_to_manager();
    if (!socket_) return false;
    switch (try_to_send(socket_.get(), text, fd)) {
        case Sent::yes:
            told_ = false;
            break;
        case Sent::later:
            return keep(text, fd);
        case Sent::no:
            give_up(1);
            socket_.reset();
            return false;
    }
    socket_.reset();
    return true;
}

bool Outbox::keep(const std::string& text, int fd) noexcept {
    try {
        if (const std::string_view kind = replaceable(text); !kind.empty())
            std::erase_if(waiting_, [&](const Message& one) { return one.text.starts_with(kind); });
        UniqueFd own;
        if (fd >= 0) own.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
        if (waiting_.size() < most_waiting && (fd < 0 || own)) {
            if (!event_)
                event_ = std::make_unique<FdEvent>(
                    loop_, socket_.get(), [this] { flush(); }, FdEvent::For::output);
            waiting_.push_back({text, std::move(own)});
            event_->enable();
            return true;
        }
    } catch (const std::exception&) {
        // No memory for it: it is given up.
    }
    give_up(1);
    return false;
}

void Outbox::flush() noexcept {
    while (!waiting_.empty()) {
        const Message& next = waiting_.front();
        const Sent sent = try_to_send(socket_.get(), next.text, next.fd.get());
        if (sent == Sent::later) return;
        if (sent == Sent::no) give_up(1);
        if (sent == Sent::yes) told_ = false;
        waiting_.pop_front();
    }
    if (event_) event_->disable();
}

void Outbox::finish(Milliseconds patience) noexcept {
    const Milliseconds end = monotonic_ms() + patience;
    for (;;) {
        flush();
        const Milliseconds left = end - monotonic_ms();
        if (waiting_.empty() || left <= 0) break;
        pollfd room{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
        ::poll(&room, 1, static_cast<int>(left));
    }
    if (waiting_.empty()) return;
    const std::size_t count = waiting_.size();
    waiting_.clear();
    if (event_) event_->disable();
    give_up(count);
}

void Outbox::give_up(std::size_t count) noexcept {
    if (std::exchange(told_, true)) return;
    try {
        problem_(fmt::format("the service manager does not take what it is told: {} given up",
                             count == 1 ? "a message is" : fmt::format("{} messages are", count)));
    } catch (const std::exception&) {
        return;  // nothing is left to say it with
    }
}

}  // namespace minetd::systemd
