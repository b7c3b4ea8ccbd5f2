// SPDX-License-Identifier: ISC
#include "daemon/error_output.h"

#include <fcntl.h>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr std::size_t longest_line = 1024;
constexpr int most_last_pieces = 16;

std::pair<UniqueFd, UniqueFd> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("pipe");
    // Only our end: a program expects its standard error to block.
    set_nonblocking(ends[0], true);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

ErrorOutput::ErrorOutput(EventLoop& loop, OnLine on_line)
    : ErrorOutput(loop, std::move(on_line), make_pipe()) {}

ErrorOutput::ErrorOutput(EventLoop& loop, OnLine on_line, std::pair<UniqueFd, UniqueFd> ends,
                         std::string line)
    : on_line_(std::move(on_line)),
      read_end_(std::move(ends.first)),
      write_end_(std::move(ends.second)),
      event_(loop, read_end_.get(), [this] { on_readable(); }),
      line_(std::move(line)) {
    event_.enable();
}

ErrorOutput::~ErrorOutput() {
    // Others may hold the pipe still, and fill it as it is emptied.
    for (int pieces = 0; pieces < most_last_pieces && on_readable(); ++pieces) continue;
    if (!line_.empty()) on_line_(line_);
}

/// False when there is nothing.
bool ErrorOutput::on_readable() noexcept {
    // One piece a turn: a program that never stops complaining must not stop the daemon.
    char bytes[4096];
    const ssize_t size = ::read(read_end_.get(), bytes, sizeof bytes);
    for (ssize_t i = 0; i < size; ++i) {
        if (bytes[i] != '\n') line_ += bytes[i];
        if (bytes[i] != '\n' && line_.size() < longest_line) continue;
        if (!line_.empty()) on_line_(line_);
        line_.clear();
    }
    return size > 0;
}

}  // namespace minetd
