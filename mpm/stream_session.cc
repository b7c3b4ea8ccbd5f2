// SPDX-License-Identifier: ISC
#include "mpm/stream_session.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace minetd {
namespace {

/// Steps taken before others have their turn: a fast reader of chargen would never stop.
constexpr int step_budget = 16;
constexpr std::size_t read_size = 16 * 1024;
constexpr unsigned linger_seconds = 2;  // Apache's short linger

}  // namespace

StreamSession::StreamSession(UniqueFd socket, const SocketAddress& peer, const SocketAddress& local,
                             Handler& handler, unsigned idle_timeout)
    : socket_(std::move(socket)), connection_(peer, local), handler_(handler) {
    connection_.set_idle_timeout(idle_timeout);
}

void StreamSession::step(Next next) noexcept {
    next_ = next;
    owing_ = connection_.owed() > 0;
}

StreamSession::Wants StreamSession::begin() noexcept {
    step(handler_.on_open(connection_));
    return advance();
}

StreamSession::Wants StreamSession::resume() noexcept {
    return lingering_ ? linger() : advance();
}

StreamSession::Wants StreamSession::declined() noexcept {
    connection_.decline_pass();
    step(handler_.on_input(connection_));
    return advance();
}

bool StreamSession::flush() noexcept {
    ByteQueue& output = connection_.output_queue();
    while (!output.empty()) {
        const std::string_view bytes = output.view();
        const ssize_t sent =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) broken_ = true;
            return false;
        }
        output.consume(static_cast<std::size_t>(sent));
        if (static_cast<std::size_t>(sent) < bytes.size()) return false;
    }
    return true;
}

bool StreamSession::fill() noexcept {
    return fill_by(MSG_DONTWAIT);
}

void StreamSession::set_receive_timeout() noexcept {
    const timeval time{.tv_sec = static_cast<time_t>(connection_.idle_timeout()), .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

StreamSession::Wants StreamSession::await_input() noexcept {
    // Nothing in time is the end, as it is where the waiting is done outside.
    if (!fill_by(0)) return Wants::end;
    step(handler_.on_input(connection_));
    return advance();
}

bool StreamSession::fill_by(int flags) noexcept {
    ByteQueue& input = connection_.input_queue();
    if (input.size() >= connection_.read_ahead()) {
        // The handler neither takes what it has nor says that it has enough.
        broken_ = true;
        return false;
    }
    char bytes[read_size];
    const std::size_t room = std::min(read_size, connection_.read_ahead() - input.size());
    ssize_t got;
    do {
        got = ::recv(socket_.get(), bytes, room, flags);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        if (errno != EAGAIN) broken_ = true;
        return false;
    }
    if (got == 0)
        connection_.end_input();
    else
        input.append({bytes, static_cast<std::size_t>(got)});
    return true;
}

StreamSession::Wants StreamSession::advance() noexcept {
    for (int budget = step_budget; budget > 0; --budget) {
        const bool flushed = flush();
        if (broken_) return Wants::end;
        if (next_ == Next::close) {
            if (!connection_.passed_to().empty()) return Wants::passing;
            return flushed ? linger() : Wants::output;
        }
        if (flushed && (owing_ || next_ == Next::write)) {
            step(handler_.on_drained(connection_));
            continue;
        }
        if (next_ == Next::write) return Wants::output;
        if (connection_.input_ended()) {
            next_ = Next::close;
            continue;
        }
        if (!fill()) {
            if (broken_) return Wants::end;
            connection_.input_queue().shrink();
            connection_.output_queue().shrink();
            return flushed ? Wants::input : Wants::both;
        }
        step(handler_.on_input(connection_));
    }
    if (next_ == Next::close) return Wants::output;
    return connection_.owed() > 0 || next_ == Next::write ? Wants::both : Wants::input;
}

StreamSession::Wants StreamSession::linger() noexcept {
    // A close with unread input would reset the connection and could destroy the answer.
    if (connection_.input_ended()) return Wants::end;
    if (!lingering_) {
        lingering_ = true;
        if (::shutdown(socket_.get(), SHUT_WR) < 0) return Wants::end;
    }
    char bytes[read_size];
    for (int budget = step_budget; budget > 0; --budget) {
        const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (got == 0) return Wants::end;
        if (got < 0 && errno != EINTR) return errno == EAGAIN ? Wants::input : Wants::end;
    }
    return Wants::input;
}

unsigned StreamSession::timeout() const noexcept {
    return lingering_ ? linger_seconds : connection_.idle_timeout();
}

}  // namespace minetd
