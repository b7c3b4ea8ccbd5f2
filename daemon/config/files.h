// SPDX-License-Identifier: ISC
// Files by name: their text, and which ones a pattern or a directory of drop-ins means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minetd {

/// The whole text of a file. Throws std::runtime_error with the system's reason; a directory and a
/// file beyond file_limit are errors too. `regular_only` refuses pipes and devices, which might
/// never end.
std::string read_text(const std::string& file, bool regular_only);

/// The file itself, links resolved; the name as it is when that fails.
std::string real_path(const std::string& file);

/// `path` as seen from the directory of `from`.
std::string beside(const std::string& from, const std::string& path);

/// What glob(7) finds, in byte order, without backup files. A path without pattern is itself.
std::vector<std::string> matching(const std::string& pattern);

/// DIR/*.conf in byte order, without hidden and backup files. A directory that does not exist has
/// none; throws std::runtime_error if it cannot be read.
std::vector<std::string> drop_ins(const std::string& directory);

/// Names that editors and packagers leave behind: `x~`, `x.bak`, `x.dpkg-old`, `.x.swp`, `#x#`.
bool is_backup(std::string_view name);

}  // namespace minetd
