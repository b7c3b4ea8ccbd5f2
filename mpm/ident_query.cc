// SPDX-License-Identifier: ISC
#include "mpm/ident_query.h"

#include <fmt/format.h>
#include <strings.h>
#include <sys/socket.h>

#include <charconv>

#include "daemon/os/host_names.h"

namespace minetd {
namespace {

constexpr std::uint16_t ident_port = 113;
/// RFC 1413, 4: a line of an answer has at most 1000 characters.
constexpr std::size_t longest_answer = 1000;

void set_port(SocketAddress& address, std::uint16_t port) noexcept {
    (address.family() == AF_INET ? address.v4.sin_port : address.v6.sin6_port) = htons(port);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The field before the next separator, which goes with it.
std::string_view take_field(std::string_view& rest, char separator) {
    const auto end = rest.find(separator);
    const std::string_view field = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return trimmed(field);
}

bool is_port(std::string_view text, std::uint16_t port) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number == port;
}

}  // namespace

Identified read_ident_answer(std::string_view answer, std::uint16_t their_port,
                             std::uint16_t our_port) {
    std::string_view rest = answer.substr(0, answer.find('\n'));
    const bool about_us =
        is_port(take_field(rest, ','), their_port) && is_port(take_field(rest, ':'), our_port);
    const std::string_view kind = take_field(rest, ':');
    const std::string_view text = trimmed(rest);
    const bool identified =
        about_us && kind.size() == 6 && ::strncasecmp(kind.data(), "USERID", 6) == 0;
    // An answer names a system and, behind a colon, somebody.
    const auto colon = text.find(':');
    if (!identified || colon == std::string_view::npos || trimmed(text.substr(colon + 1)).empty())
        return {.known = false, .text = "bad response"};
    return {.known = true, .text = std::string(text)};
}

IdentQuery::IdentQuery(EventLoop& loop, const SocketAddress& peer, const SocketAddress& local,
                       Milliseconds patience, Done done)
    : their_port_(peer.port()),
      our_port_(local.port()),
      done_(std::move(done)),
      deadline_(loop,
                [this] { finish({.known = false, .text = socket_ ? "timeout" : "no server"}); }) {
    if (!connect(unmapped(peer), unmapped(local))) {
        socket_.reset();
        deadline_.schedule(0);
        return;
    }
    writable_.emplace(
        loop, socket_.get(), [this] { ask(); }, FdEvent::For::output);
    readable_.emplace(loop, socket_.get(), [this] { read_answer(); });
    writable_->enable();
    deadline_.schedule(patience);
}

bool IdentQuery::connect(const SocketAddress& peer, const SocketAddress& local) noexcept {
    SocketAddress from = local, to = peer;
    if (!to.is_ip() || from.family() != to.family()) return false;
    set_port(from, 0);
    set_port(to, ident_port);
    socket_ = UniqueFd(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_ || ::bind(socket_.get(), from.raw(), from.length) < 0) return false;
    return ::connect(socket_.get(), to.raw(), to.length) == 0 || errno == EINPROGRESS;
}

void IdentQuery::ask() noexcept {
    writable_->disable();
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return finish({.known = false, .text = "no server"});
    const std::string query = fmt::format("{},{}\r\n", their_port_, our_port_);
    // A few bytes into an empty queue.
    if (::send(socket_.get(), query.data(), query.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
        static_cast<ssize_t>(query.size()))
        return finish({.known = false, .text = "no server"});
    readable_->enable();
}

void IdentQuery::read_answer() noexcept {
    char bytes[longest_answer];
    const ssize_t got = ::recv(socket_.get(), bytes, longest_answer - answer_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got > 0) answer_.append(bytes, static_cast<std::size_t>(got));
    const bool whole = answer_.find('\n') != std::string::npos;
    if (got > 0 && !whole && answer_.size() < longest_answer) return;
    if (!whole) return finish({.known = false, .text = "bad response"});
    finish(read_ident_answer(answer_, their_port_, our_port_));
}

void IdentQuery::finish(Identified result) noexcept {
    // What is called may destroy this query.
    const Done done = std::move(done_);
    writable_.reset();
    readable_.reset();
    deadline_.cancel();
    socket_.reset();
    done(result);
}

}  // namespace minetd
