// SPDX-License-Identifier: ISC
// Entries with fields for systemd's journal, by its native protocol (systemd.io,
// JOURNAL_NATIVE_PROTOCOL). sd_journal_sendv(3) is not used: its socket blocks, and a journal that
// is stuck must not stop the daemon.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/os/unique_fd.h"

namespace minetd {

/// Names are upper case letters, digits and `_`; values may have any byte.
using JournalField = std::pair<const char*, std::string>;

inline constexpr const char* journal_socket = "/run/systemd/journal/socket";

/// One entry as it is sent.
std::string journal_entry(std::span<const JournalField> fields);

class Journal {
  public:
    /// Throws std::system_error when nobody listens there.
    explicit Journal(std::string path = journal_socket);
    /// False: it cannot be taken now. Never waits.
    bool send(std::span<const JournalField> fields) noexcept;

  private:
    bool connect() noexcept;
    std::string path_;
    UniqueFd fd_;
};

/// A descriptor is the stream to the journal that `JOURNAL_STREAM` (device:inode, systemd.exec(5))
/// tells of.
bool is_journal_stream(int fd, const char* journal_stream) noexcept;

}  // namespace minetd
