// SPDX-License-Identifier: ISC
// Where lines of log go. Writing never blocks and never throws: what cannot be written at once is
// counted, and the next line that gets through says how many were lost.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "daemon/os/journal.h"

namespace minetd {

/// syslog(3) priorities.
enum class Level : int { alert = 1, error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// Sizes of a log file in bytes; 0: none. What it holds already counts. A write that takes it past
/// `soft` is told once; one that would take it past `hard` is not made, and none after it, until
/// the file is reopened.
struct SizeLimits {
    std::uint64_t soft = 0, hard = 0;
};

class LogSink {
  public:
    virtual ~LogSink() = default;
    /// `fields` are for sinks that keep them apart (the journal); `line` says it all in any case.
    /// A SYSLOG_IDENTIFIER among them is in place of minetd's own.
    virtual void write(Level level, const std::string& line,
                       std::span<const JournalField> fields = {}) noexcept = 0;
    /// After a log was rotated away: the file is opened again by its name.
    virtual void reopen() noexcept {}
    /// From the next line on; for sinks that grow.
    virtual void limit(SizeLimits) noexcept {}
};

std::shared_ptr<LogSink> stderr_sink();
/// Appends lines as they are, without a time of its own; throws std::system_error when the file
/// cannot be opened. `alert` hears of limits that are reached, within write(); it does not throw.
/// Why file_sink() would fail, errno(3), without creating the file; 0: it would not.
int log_file_error(const std::string& path) noexcept;
std::shared_ptr<LogSink> file_sink(const std::string& path,
                                   std::function<void(const std::string&)> alert = {});
/// facility and level by name ("daemon", "local3"; "info"); throws std::runtime_error.
std::shared_ptr<LogSink> syslog_sink(const std::string& facility, const std::string& level);
/// Throws std::system_error where no journal listens.
std::shared_ptr<LogSink> journal_sink(const std::string& socket = journal_socket);
std::shared_ptr<LogSink> null_sink();

}  // namespace minetd
