// SPDX-License-Identifier: ISC
#include "services/http/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <cerrno>
#include <stdexcept>

#include "daemon/os/system_error.h"
#include "services/http/target.h"

namespace minetd::http {
namespace {

int status_of(int error) noexcept {
    switch (error) {
        case EACCES:
        case EPERM:
            return 403;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EAGAIN:
            return 503;
        case EIO:
            return 500;
        default:
            // It is not there, or not inside (EXDEV, ELOOP), or a socket (ENXIO).
            return 404;
    }
}

}  // namespace

Files::Files(const std::string& directory, std::vector<std::string> indexes)
    : indexes_(std::move(indexes)) {
    if (!directory.starts_with('/'))
        throw std::runtime_error("http: `" + directory +
                                 "` is not an absolute path; name the directory to serve");
    root_ = UniqueFd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root_) throw_errno("http: cannot serve " + directory);
    if (!open(".", O_PATH))
        throw_errno("http: cannot open " + directory + " by openat2 (Linux 5.6 or later)");
}

UniqueFd Files::open(const std::string& path, int flags) const noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    // A rename elsewhere may keep the kernel from being sure (EAGAIN); that passes.
    for (int tries = 0; tries < 8; ++tries) {
        const long fd = ::syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how);
        if (fd >= 0) return UniqueFd(static_cast<int>(fd));
        if (errno != EAGAIN && errno != EINTR) break;
    }
    return {};
}

Files::Found Files::find(std::string_view path, std::time_t now) noexcept {
    if (FileCache::Found known = cache_.find(path, now); known.checked)
        return {200, std::move(known.file), {}};
    try {
        Found found = look(path, now);
        if (found.status != 200) cache_.forget(path);
        return found;
    } catch (const std::exception&) {
        return {500, nullptr, {}};
    }
}

Files::Found Files::look(std::string_view key, std::time_t now) {
    Target target;
    if (const int status = decode_path(key, target); status != 0) return {status, nullptr, {}};
    // A FIFO must not hold us, nor a terminal become ours.
    constexpr int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    UniqueFd file = open(target.path.empty() ? "." : target.path, flags);
    struct stat status;
    if (!file || ::fstat(file.get(), &status) < 0) return {status_of(errno), nullptr, {}};
    if (S_ISREG(status.st_mode) && !target.ends_in_slash)
        return load(key, target.path, std::move(file), status, now);
    if (!S_ISDIR(status.st_mode)) return {};
    if (!target.ends_in_slash) return {301, nullptr, encode_path(target.path) + '/'};

    for (const std::string& index : indexes_) {
        const std::string path = target.path.empty() ? index : target.path + '/' + index;
        file = open(path, flags);
        if (!file && status_of(errno) == 404) continue;
        if (!file || ::fstat(file.get(), &status) < 0) return {status_of(errno), nullptr, {}};
        if (S_ISREG(status.st_mode)) return load(key, path, std::move(file), status, now);
    }
    return {};
}

Files::Found Files::load(std::string_view key, const std::string& path, UniqueFd file,
                         const struct stat& status, std::time_t now) {
    const FileCache::Found known = cache_.find(key, now);
    const auto found =
        known.file && known.file->is_still(status)
            ? std::make_shared<const File>(*known.file, now)
            : std::make_shared<const File>(std::move(file), status, types_.of(path), now);
    if (found->is_small())
        cache_.put(key, found, now);
    else
        cache_.forget(key);
    return {200, found, {}};
}

}  // namespace minetd::http
