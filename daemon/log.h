// SPDX-License-Identifier: ISC
// The daemon's messages and the records of sessions: what they say, and to which sink they go.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/config/diagnostics.h"
#include "daemon/config/service_spec.h"
#include "daemon/os/log_sink.h"
#include "mpm/record.h"

namespace minetd {

/// xinetd's wording: `START: id pid=N from=ADDR`, `EXIT: id status=N pid=N duration=N(sec)`,
/// `FAIL: id reason from=ADDR`, `USERID: id text`, `NOID: id ADDR reason`,
/// `TRAFFIC: id in=N(bytes) out=N(bytes)`, in a file behind xinetd's time stamp; or one JSON
/// object, with the time in it. Fields follow log_on_success and log_on_failure.
std::string format_record(const ServiceSpec& spec, const Record& record, bool to_file = false);

/// What the record tells, as fields of the journal (minetd(8) lists them), and whom an end was of;
/// a constant MESSAGE_ID for each kind.
std::vector<JournalField> journal_fields(const ServiceSpec& spec, const Record& record);

class Log {
  public:
    /// `target` is where everything goes that has no target of its own; `inherit` means stderr.
    /// Throws std::exception when it cannot be opened.
    explicit Log(const LogTarget& target);
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void message(Level level, const std::string& text) noexcept;
    /// What is wrong with a configuration, each as a message.
    void findings(const Diagnostics& diagnostics) noexcept;
    void record(const ServiceSpec& spec, const Record& record) noexcept;
    /// A line that a program wrote to its standard error.
    void program_line(const ServiceSpec& spec, const std::string& line) noexcept;
    /// After the files were rotated away.
    void reopen() noexcept;

    /// Makes sure that a service's target can be opened; throws std::exception.
    void prepare(const ServiceSpec& spec) { sink(spec.log_type); }
    /// Puts the limits of these services on their files. A file that several name has one handle,
    /// and of their limits the smallest.
    void limit_files(const std::vector<std::shared_ptr<const ServiceSpec>>& services);

  private:
    using Key = std::tuple<int, std::string, std::string, std::string>;
    static Key key_of(const LogTarget& target);
    LogSink& sink(const LogTarget& target);
    std::shared_ptr<LogSink> open(const LogTarget& target);
    /// A log file has reached a limit.
    void alert(const std::string& file, const std::string& text) noexcept;
    const LogTarget& target_of(const ServiceSpec& spec) const noexcept;

    LogTarget default_;
    std::map<Key, std::shared_ptr<LogSink>> sinks_;
};

/// Control bytes as \xHH: what a client or a program says must not forge a line.
std::string printable(std::string_view text);

}  // namespace minetd
