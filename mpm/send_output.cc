// SPDX-License-Identifier: ISC
#include "mpm/send_output.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace minetd {
namespace {

// A fast reader of a great file must not keep the thread; it is the driver's turn after so much.
constexpr std::size_t file_turn = 1024 * 1024;

/// sendfile(2) knows no MSG_DONTWAIT.
class WithoutWaiting {
  public:
    explicit WithoutWaiting(int socket) noexcept
        : socket_(socket), flags_(::fcntl(socket, F_GETFL)) {
        if (changes()) ::fcntl(socket_, F_SETFL, flags_ | O_NONBLOCK);
    }
    ~WithoutWaiting() {
        const int error = errno;
        if (changes()) ::fcntl(socket_, F_SETFL, flags_);
        errno = error;
    }
    WithoutWaiting(const WithoutWaiting&) = delete;
    WithoutWaiting& operator=(const WithoutWaiting&) = delete;

  private:
    bool changes() const noexcept { return flags_ >= 0 && (flags_ & O_NONBLOCK) == 0; }

    int socket_, flags_;
};

Sent send_bytes(int socket, OutputQueue& output) noexcept {
    while (!output.bytes().empty()) {
        const std::string_view bytes = output.bytes();
        // With a file behind it a header leaves in the file's first segment.
        const int more = output.has_file() ? MSG_MORE : 0;
        const ssize_t sent =
            ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT | more);
        if (sent < 0) {
            if (errno == EINTR) continue;
            return errno == EAGAIN ? Sent::some : Sent::broken;
        }
        output.consume(static_cast<std::size_t>(sent));
        if (static_cast<std::size_t>(sent) < bytes.size()) return Sent::some;
    }
    return Sent::all;
}

Sent send_file(int socket, OutputQueue& output, std::size_t& turn) noexcept {
    const WithoutWaiting guard(socket);
    while (output.has_file() && output.bytes().empty()) {
        const FileRange& range = output.file();
        off_t offset = range.offset;
        const std::size_t most = std::min<std::uint64_t>(range.length, turn);
        if (most == 0) return Sent::some;
        const ssize_t sent = ::sendfile(socket, range.file->get(), &offset, most);
        if (sent < 0) {
            if (errno == EINTR) continue;
            return errno == EAGAIN ? Sent::some : Sent::broken;
        }
        if (sent == 0) {
            errno = ENODATA;
            return Sent::broken;
        }
        turn -= static_cast<std::size_t>(sent);
        output.consume(static_cast<std::size_t>(sent));
    }
    return Sent::all;
}

}  // namespace

Sent send_output(int socket, OutputQueue& output) noexcept {
    std::size_t turn = file_turn;
    for (;;) {
        if (const Sent sent = send_bytes(socket, output); sent != Sent::all) return sent;
        if (!output.has_file()) return Sent::all;
        if (const Sent sent = send_file(socket, output, turn); sent != Sent::all) return sent;
    }
}

}  // namespace minetd
