// SPDX-License-Identifier: ISC
#include "mpm/socket_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "mpm/send_output.h"

namespace minetd {

bool SocketStream::fail(int error) noexcept {
    broken_ = true;
    errno = error;
    return false;
}

bool SocketStream::wait(short events) noexcept {
    const Phase phase = (events & POLLIN) != 0 ? Phase::keep_alive : Phase::write;
    const std::optional<unsigned> own = connection_.idle_timeout();
    const Milliseconds limit =
        std::min<Milliseconds>(own ? Milliseconds{1000} * *own : deadlines_[phase], INT_MAX);
    pollfd item{.fd = fd_, .events = events, .revents = 0};
    for (;;) {
        const int ready = ::poll(&item, 1, limit == 0 ? -1 : static_cast<int>(limit));
        if (ready > 0) return true;
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) errno = ETIMEDOUT;
        return false;
    }
}

ssize_t SocketStream::read(std::span<char> room) noexcept {
    if (!flush()) return -1;
    if (room.empty() || connection_.input_ended()) return 0;
    while (wait(POLLIN)) {
        const ssize_t got = ::recv(fd_, room.data(), room.size(), MSG_DONTWAIT);
        if (got == 0) connection_.end_input();
        if (got > 0) traffic_.received += static_cast<std::size_t>(got);
        if (got >= 0) return got;
        if (errno != EINTR && errno != EAGAIN) fail(errno);
        if (broken_) break;
    }
    return -1;
}

bool SocketStream::write(std::string_view bytes) noexcept {
    return flush() && send_all(bytes);
}

bool SocketStream::flush() noexcept {
    if (broken_) return fail(EPIPE);
    OutputQueue& output = connection_.output_queue();
    for (;;) {
        const std::size_t owed = output.size();
        const Sent sent = send_output(fd_, output);
        traffic_.sent += owed - output.size();
        if (sent == Sent::all) return true;
        if (sent == Sent::broken || !wait(POLLOUT)) break;
    }
    output.clear();
    return fail(errno);
}

bool SocketStream::send_all(std::string_view bytes) noexcept {
    if (broken_) return fail(EPIPE);
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
            traffic_.sent += static_cast<std::size_t>(sent);
        } else if (errno != EINTR && (errno != EAGAIN || !wait(POLLOUT))) {
            return fail(errno);
        }
    }
    return true;
}

}  // namespace minetd
