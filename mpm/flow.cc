// SPDX-License-Identifier: ISC
#include "mpm/flow.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace minetd {
namespace {

/// A fast sender must not keep the thread; it is others' turn after so much.
constexpr std::size_t turn = 1024 * 1024;
constexpr std::size_t splice_size = 256 * 1024, copy_size = 64 * 1024;
constexpr unsigned splice_flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;

template <class Call>
ssize_t uninterrupted(Call call) noexcept {
    ssize_t result;
    do {
        result = call();
    } while (result < 0 && errno == EINTR);
    return result;
}

}  // namespace

void Flow::prepend(std::string_view bytes) {
    bytes_.append(bytes);
    uncounted_ += bytes.size();
}

bool Flow::move(int from, int to, bool look_twice) noexcept {
    const bool whole = move_some(from, to, look_twice) || errno == EAGAIN;
    const int error = errno;
    if (pipe_ && piped_ == 0) pipes_.give_back(std::move(pipe_));
    bytes_.shrink();
    errno = error;
    return whole;
}

/// False: there is no more to be done now (EAGAIN), or at all.
bool Flow::move_some(int from, int to, bool look_twice) noexcept {
    const std::uint64_t enough = taken_ + turn;
    while (!over_ && taken_ < enough) {
        if (!drain(to)) return false;
        if (ended_) {
            ::shutdown(to, SHUT_WR);
            over_ = true;
            ++steps_;
            break;
        }
        const ssize_t got = fill(from, look_twice);
        if (got < 0) return false;
        ended_ = got == 0;
        taken_ += static_cast<std::size_t>(got);
    }
    return true;
}

/// Sends what is held. False: the receiver takes no more at present (EAGAIN), or at all.
bool Flow::drain(int to) noexcept {
    if (!send_bytes(to)) return false;
    while (piped_ > 0) {
        const ssize_t sent = uninterrupted(
            [&] { return ::splice(pipe_.out.get(), nullptr, to, nullptr, piped_, splice_flags); });
        if (sent > 0) {
            piped_ -= static_cast<std::size_t>(sent);
            given_ += static_cast<std::size_t>(sent);
        } else if (sent < 0 && errno == EINVAL) {
            return unpipe() && send_bytes(to);
        } else {
            if (sent == 0) errno = EPIPE;
            return false;
        }
    }
    return true;
}

bool Flow::send_bytes(int to) noexcept {
    while (!bytes_.empty()) {
        const std::string_view view = bytes_.view();
        const ssize_t sent = uninterrupted(
            [&] { return ::send(to, view.data(), view.size(), MSG_NOSIGNAL | MSG_DONTWAIT); });
        if (sent < 0) return false;
        bytes_.consume(static_cast<std::size_t>(sent));
        const std::size_t header = std::min(uncounted_, static_cast<std::size_t>(sent));
        uncounted_ -= header;
        given_ += static_cast<std::size_t>(sent) - header;
        steps_ += header;
    }
    return true;
}

/// The receiver does not take from a pipe: what is in it is copied, and so is all that follows.
bool Flow::unpipe() noexcept {
    copies_ = true;
    while (piped_ > 0) {
        char* const room = bytes_.reserve(piped_);
        const ssize_t got = uninterrupted([&] { return ::read(pipe_.out.get(), room, piped_); });
        if (got <= 0) return false;
        bytes_.commit(static_cast<std::size_t>(got));
        piped_ -= static_cast<std::size_t>(got);
    }
    return true;
}

ssize_t Flow::fill(int from, bool look_twice) noexcept {
    if (copies_) return copy_from(from);
    const ssize_t got = splice_from(from);
    if (got >= 0 || (errno == EAGAIN && !look_twice)) return got;
    if (errno == EINVAL) copies_ = true;
    // Without descriptors for a pipe this much is copied, and the next is tried anew.
    const bool refused = errno == EINVAL || errno == EMFILE || errno == ENFILE || errno == EAGAIN;
    return refused ? copy_from(from) : got;
}

ssize_t Flow::splice_from(int from) noexcept {
    if (!pipe_ && !(pipe_ = pipes_.take())) return -1;
    const ssize_t got = uninterrupted([&] {
        return ::splice(from, nullptr, pipe_.in.get(), nullptr, splice_size, splice_flags);
    });
    if (got > 0) piped_ = static_cast<std::size_t>(got);
    return got;
}

ssize_t Flow::copy_from(int from) noexcept {
    char* const room = bytes_.reserve(copy_size);
    const ssize_t got = uninterrupted([&] { return ::recv(from, room, copy_size, MSG_DONTWAIT); });
    if (got > 0) bytes_.commit(static_cast<std::size_t>(got));
    return got;
}

}  // namespace minetd
