// SPDX-License-Identifier: ISC
#include "services/http/file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "daemon/os/system_error.h"
#include "services/http/response_head.h"

namespace minetd::http {
namespace {

constexpr std::time_t settled_after = 2;

void append_hex(std::string& text, std::uint64_t number) {
    char digits[16];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr);
}

// A file written to a moment ago may be written to again within the same tick of the clock: its tag
// is weak until the moment is over (RFC 9110, 8.8.1).
std::string etag_of(const struct stat& status, std::time_t now) {
    std::string etag = now - status.st_mtim.tv_sec < settled_after ? "W/\"" : "\"";
    append_hex(etag, static_cast<std::uint64_t>(status.st_size));
    etag += '-';
    append_hex(etag, static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
                         static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
    return etag + '"';
}

bool same(const timespec& a, const timespec& b) noexcept {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

File::File(UniqueFd file, const struct stat& status, std::string_view type, std::time_t now)
    : size_(static_cast<std::uint64_t>(status.st_size)),
      modified_(std::min<std::time_t>(status.st_mtim.tv_sec, now)),
      type_(type),
      etag_(etag_of(status, now)),
      device_(status.st_dev),
      inode_(status.st_ino),
      written_(status.st_mtim),
      changed_(status.st_ctim),
      settled_(now - std::max(status.st_mtim.tv_sec, status.st_ctim.tv_sec) >= settled_after) {
    if (size_ > small_file_max) {
        compose_head(now);
        descriptor_ = std::make_shared<const UniqueFd>(std::move(file));
        return;
    }
    std::string body(size_, '\0');
    std::size_t held = 0;
    while (held < body.size()) {
        const ssize_t got =
            ::pread(file.get(), body.data() + held, body.size() - held, static_cast<off_t>(held));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_errno("read");
        if (got == 0) break;
        held += static_cast<std::size_t>(got);
    }
    // Cut off while it was read: what there is, is the file; it is looked at again soon.
    if (held < size_) {
        size_ = held;
        settled_ = false;
        body.resize(held);
    }
    compose_head(now);
    response_ += body;
}

File::File(const File& other, std::time_t now) : File(other) {
    replace_date(response_, now);
}

void File::compose_head(std::time_t now) {
    ResponseHead head(200, now);
    head.add("Content-Type", type_);
    head.add("Content-Length", size_);
    head.add("Last-Modified", view(format_date(modified_)));
    head.add("ETag", etag_);
    head.add("Accept-Ranges", "bytes");
    response_ = head.finish();
    head_size_ = response_.size();
}

bool File::is_still(const struct stat& status) const noexcept {
    return settled_ && status.st_dev == device_ && status.st_ino == inode_ &&
           static_cast<std::uint64_t>(status.st_size) == size_ && same(status.st_mtim, written_) &&
           same(status.st_ctim, changed_);
}

}  // namespace minetd::http
