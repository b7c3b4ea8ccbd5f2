// SPDX-License-Identifier: ISC
// The served directory: from a request's path to a file in it, and never to anything outside.
#pragma once

#include <sys/stat.h>

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/os/unique_fd.h"
#include "services/http/file.h"
#include "services/http/file_cache.h"
#include "services/http/media_types.h"

namespace minetd::http {

class Files {
  public:
    /// `directory` is an absolute path; `indexes` are the names tried, in order, for a directory.
    /// Throws std::exception when it cannot be served.
    Files(const std::string& directory, std::vector<std::string> indexes);

    struct Found {
        int status = 404;                  ///< 200, 301, or why there is none
        std::shared_ptr<const File> file;  ///< for 200
        std::string location;              ///< for 301
    };
    /// `path` as a request has it, undecoded. What it finds was looked at in the second `now` (of
    /// time(2)). Symbolic links are followed as long as they stay inside.
    Found find(std::string_view path, std::time_t now) noexcept;

  private:
    Found look(std::string_view key, std::time_t now);
    Found load(std::string_view key, const std::string& path, UniqueFd file,
               const struct stat& status, std::time_t now);
    UniqueFd open(const std::string& path, int flags) const noexcept;

    UniqueFd root_;
    std::vector<std::string> indexes_;
    MediaTypes types_;
    FileCache cache_;
};

}  // namespace minetd::http
