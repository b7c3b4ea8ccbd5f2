// SPDX-License-Identifier: ISC
// One state of a file, ready to be sent.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/os/unique_fd.h"
#include "services/http/conditions.h"

namespace minetd::http {

/// Up to this size a file is read into memory: below it one copy is cheaper than sendfile(2).
constexpr std::uint64_t small_file_max = 16 * 1024;

/// Never changed once made: threads share it.
class File {
  public:
    /// Takes the open file's state, and its bytes when it is small. `type` is its media type; `now`
    /// in seconds since 1970, for the Date of response(). Throws std::system_error when it cannot
    /// be read.
    File(UniqueFd file, const struct stat& status, std::string_view type, std::time_t now);
    /// The same state, a moment later.
    File(const File& other, std::time_t now);
    File(const File&) = default;

    std::uint64_t size() const noexcept { return size_; }
    bool is_small() const noexcept { return descriptor_ == nullptr; }
    /// The whole answer to a GET over HTTP/1.1, body included when the file is small; its head
    /// ends with an empty line.
    std::string_view response() const noexcept { return response_; }
    std::string_view head() const noexcept { return response().substr(0, head_size_); }
    /// All bytes of a small file.
    std::string_view body() const noexcept { return response().substr(head_size_); }
    /// The open file, when it is not small.
    const std::shared_ptr<const UniqueFd>& descriptor() const noexcept { return descriptor_; }
    std::string_view type() const noexcept { return type_; }
    Validators validators() const noexcept { return {etag_, modified_}; }

    /// Whether the file on disk is in the state that was read. A file that was written to within
    /// the last seconds before it was read may have changed since without a new time stamp.
    bool is_still(const struct stat& status) const noexcept;

  private:
    void compose_head(std::time_t now);

    std::uint64_t size_;
    std::time_t modified_;
    std::string type_, etag_, response_;
    std::size_t head_size_ = 0;
    std::shared_ptr<const UniqueFd> descriptor_;
    dev_t device_;
    ino_t inode_;
    timespec written_, changed_;
    bool settled_;
};

}  // namespace minetd::http
