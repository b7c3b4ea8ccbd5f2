// SPDX-License-Identifier: ISC
// `stderr = log`: one pipe for all programs of a service; what they write becomes lines of the log.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "daemon/os/event_loop.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

class ErrorOutput {
  public:
    using OnLine = std::function<void(const std::string&)>;
    ErrorOutput(EventLoop& loop, OnLine on_line);  ///< throws std::system_error
    /// Both ends of a former image's pipe, for reading and for writing, with the line that was
    /// begun.
    ErrorOutput(EventLoop& loop, OnLine on_line, std::pair<UniqueFd, UniqueFd> ends,
                std::string line = {});
    /// Hears what was said last: who said it may have ended already.
    ~ErrorOutput();
    ErrorOutput(const ErrorOutput&) = delete;
    ErrorOutput& operator=(const ErrorOutput&) = delete;

    /// From the next line on.
    void set_on_line(OnLine on_line) { on_line_ = std::move(on_line); }
    /// The end that programs get; borrowed.
    int write_end() const noexcept { return write_end_.get(); }
    /// Ours; borrowed.
    int read_end() const noexcept { return read_end_.get(); }
    const std::string& begun_line() const noexcept { return line_; }

  private:
    bool on_readable() noexcept;

    OnLine on_line_;
    UniqueFd read_end_, write_end_;
    FdEvent event_;
    std::string line_;  ///< begun and not ended; bounded
};

}  // namespace minetd
