// SPDX-License-Identifier: ISC
#include "mpm/stream_session.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "daemon/os/socket.h"
#include "mpm/send_output.h"
#include "mpm/socket_stream.h"

namespace minetd {
namespace {

/// Steps taken before others have their turn: a fast reader of chargen would never stop.
constexpr int step_budget = 16;
constexpr std::size_t read_size = 16 * 1024;

}  // namespace

StreamSession::StreamSession(UniqueFd socket, const SocketAddress& peer, const SocketAddress& local,
                             Handler& handler, const Deadlines& deadlines)
    : socket_(std::move(socket)),
      connection_(peer, local),
      handler_(handler),
      deadlines_(deadlines) {}

void StreamSession::step(Next next) noexcept {
    next_ = next;
    owing_ = connection_.owed() > 0;
}

void StreamSession::step_input() noexcept {
    // The end of the input is no request.
    const bool asked = !connection_.input().empty();
    step(handler_.on_input(connection_));
    if (asked && connection_.input().empty()) ++requests_;
}

StreamSession::Wants StreamSession::begin() noexcept {
    if (handler_.traits().blocking) return serve_to_the_end();
    step(handler_.on_open(connection_));
    return advance();
}

StreamSession::Wants StreamSession::serve_to_the_end() noexcept {
    SocketStream stream(socket_.get(), connection_, deadlines_);
    handler_.serve(stream);
    broken_ = stream.broken();
    traffic_ = stream.traffic();
    step(Next::close);
    return advance();
}

StreamSession::Wants StreamSession::resume() noexcept {
    emptied_ = false;
    return lingering_ ? linger() : advance();
}

StreamSession::Wants StreamSession::declined() noexcept {
    connection_.decline_pass();
    step_input();
    return advance();
}

bool StreamSession::flush() noexcept {
    const std::size_t owed = connection_.owed();
    const Sent sent = send_output(socket_.get(), connection_.output_queue());
    traffic_.sent += owed - connection_.owed();
    if (sent == Sent::broken) broken_ = true;
    return sent == Sent::all;
}

bool StreamSession::fill() noexcept {
    return fill_by(MSG_DONTWAIT);
}

bool StreamSession::await_input() noexcept {
    if (!std::exchange(timed_, true)) {
        const Milliseconds limit = this->limit();
        const timeval time{.tv_sec = static_cast<time_t>(limit / 1000),
                           .tv_usec = static_cast<suseconds_t>(limit % 1000 * 1000)};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    }
    return fill_by(0);
}

StreamSession::Wants StreamSession::proceed() noexcept {
    step_input();
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
    traffic_.received += static_cast<std::size_t>(got);
    // There was less than asked for: asking again would only be told so.
    emptied_ = got > 0 && static_cast<std::size_t>(got) < room;
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
        if (std::exchange(emptied_, false) || !fill()) {
            if (broken_) return Wants::end;
            connection_.input_queue().shrink();
            connection_.output_queue().shrink();
            return flushed ? Wants::input : Wants::both;
        }
        step_input();
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

StreamSession::Wants StreamSession::time_over() noexcept {
    if (phase() == Phase::write) reset_on_close(socket_.get());
    return Wants::end;
}

void StreamSession::interrupt() noexcept {
    ::shutdown(socket_.get(), SHUT_RDWR);
}

Phase StreamSession::phase() const noexcept {
    if (lingering_) return Phase::linger;
    if (connection_.owed() > 0 || next_ != Next::read) return Phase::write;
    if (traffic_.received == 0) return Phase::first_byte;
    const bool begun = connection_.is_in_request() || !connection_.input().empty();
    return begun ? Phase::request : Phase::keep_alive;
}

Milliseconds StreamSession::limit() const noexcept {
    const Phase phase = this->phase();
    const std::optional<unsigned> own = connection_.idle_timeout();
    return own && phase != Phase::linger ? Milliseconds{1000} * *own : deadlines_[phase];
}

std::uint64_t StreamSession::progress() const noexcept {
    switch (phase()) {
        case Phase::write:
            return traffic_.sent;
        case Phase::linger:
            return 0;
        default:  // what a handler has taken; a request that trickles in is no progress
            if (connection_.is_in_request()) return connection_.requests();
            return traffic_.received - connection_.input().size();
    }
}

}  // namespace minetd
