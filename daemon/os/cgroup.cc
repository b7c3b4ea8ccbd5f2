// SPDX-License-Identifier: ISC
#include "daemon/os/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <charconv>
#include <csignal>
#include <cstdlib>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

/// Calls `each` with every line, without its end, until that says true.
template <class Each>
void lines_of(std::string_view text, Each&& each) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (each(text.substr(0, end))) return;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find(' '), line.size());
        if (end > 0) fields.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return fields;
}

/// mountinfo has blanks and backslashes as \040 (proc(5)).
std::string plain(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto digit = [&](std::size_t n) {
            return text[at + n] >= '0' && text[at + n] <= '7';
        };
        if (text[at] == '\\' && at + 3 < text.size() && digit(1) && digit(2) && digit(3)) {
            out += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 +
                                     (text[at + 3] - '0'));
            at += 3;
        } else {
            out += text[at];
        }
    }
    return out;
}

std::string read_all(const UniqueFd& file) {
    std::string text;
    char bytes[4096];
    for (ssize_t got; (got = ::read(file.get(), bytes, sizeof bytes)) > 0;)
        text.append(bytes, static_cast<std::size_t>(got));
    return text;
}

/// The kernel may have to reclaim memory to keep a smaller limit: it is not waited for where it
/// knows O_NONBLOCK.
int write_file(int directory, const char* file, std::string_view text) noexcept {
    const UniqueFd fd(::openat(directory, file, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (!fd) return errno;
    return ::write(fd.get(), text.data(), text.size()) < 0 ? errno : 0;
}

}  // namespace

std::string cgroup_directory(std::string_view membership, std::string_view mountinfo) {
    std::string_view path;
    lines_of(membership, [&](std::string_view line) {
        if (!line.starts_with("0::/")) return false;
        path = line.substr(3);
        return true;
    });
    // Moved out of its own namespace's view, or removed meanwhile.
    if (path.empty() || path.starts_with("/..") || path.ends_with(" (deleted)")) return {};
    std::string found;
    lines_of(mountinfo, [&](std::string_view line) {
        // id parent device root mount-point options [optional ...] - type source options
        const auto fields = fields_of(line);
        std::size_t dash = 6;
        while (dash < fields.size() && fields[dash] != "-") ++dash;
        if (dash + 1 >= fields.size() || fields[dash + 1] != "cgroup2") return false;
        const std::string root = plain(fields[3]), point = plain(fields[4]);
        std::string_view rest = path;
        if (root != "/") {
            if (!rest.starts_with(root)) return false;
            rest.remove_prefix(root.size());
            if (!rest.empty() && rest[0] != '/') return false;
        }
        found = point + (rest == "/" ? "" : std::string(rest));
        return true;
    });
    return found;
}

std::string own_cgroup() {
    const auto text = [](const char* path) {
        return read_all(UniqueFd(::open(path, O_RDONLY | O_CLOEXEC)));
    };
    return cgroup_directory(text("/proc/self/cgroup"), text("/proc/self/mountinfo"));
}

bool is_cgroup2(const std::string& directory) noexcept {
    struct statfs status {};
    return ::statfs(directory.c_str(), &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

bool is_delegated(const std::string& directory) noexcept {
    for (const char* name : {"trusted.delegate", "user.delegate"}) {
        char value[8];
        if (::getxattr(directory.c_str(), name, value, sizeof value) == 1 && value[0] == '1')
            return true;
    }
    return false;
}

Cgroup::Cgroup(std::string directory) : directory_(std::move(directory)) {
    was_there_ = ::mkdir(directory_.c_str(), 0755) < 0;
    if (was_there_ && errno != EEXIST) throw_errno("cannot make " + directory_);
    fd_.reset(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd_) throw_errno("cannot open " + directory_);
}

bool Cgroup::has(const char* file) const noexcept {
    return ::faccessat(fd_.get(), file, F_OK, 0) == 0;
}

int Cgroup::write(const char* file, std::string_view text) const noexcept {
    return write_file(fd_.get(), file, text);
}

std::optional<std::string> Cgroup::read(const char* file) const noexcept {
    const UniqueFd fd(::openat(fd_.get(), file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    char bytes[4096];
    const ssize_t got = fd ? ::read(fd.get(), bytes, sizeof bytes - 1) : -1;
    if (got < 0) return std::nullopt;
    return std::string(bytes, static_cast<std::size_t>(got));
}

unsigned long Cgroup::number(const char* file, std::string_view key) const noexcept {
    unsigned long value = 0;
    const std::string text = read(file).value_or("");
    lines_of(text, [&](std::string_view line) {
        if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ')
            return false;
        value = std::strtoul(line.data() + key.size() + 1, nullptr, 10);
        return true;
    });
    return value;
}

int Cgroup::join(pid_t pid) const noexcept {
    return write("cgroup.procs", std::to_string(pid));
}

std::vector<pid_t> Cgroup::processes() const noexcept {
    std::vector<pid_t> found;
    const std::string text =
        read_all(UniqueFd(::openat(fd_.get(), "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)));
    lines_of(text, [&](std::string_view line) {
        const auto pid = static_cast<pid_t>(std::strtol(line.data(), nullptr, 10));
        if (pid > 1) found.push_back(pid);
        return false;
    });
    return found;
}

bool Cgroup::populated() const noexcept {
    return number("cgroup.events", "populated") != 0;
}

void Cgroup::kill() const noexcept {
    if (write("cgroup.kill", "1") != ENOENT) return;
    // Each round catches what was forked during the one before.
    for (int round = 0; round < 8; ++round) {
        const std::vector<pid_t> left = processes();
        if (left.empty()) return;
        for (const pid_t pid : left) ::kill(pid, SIGKILL);
    }
}

bool Cgroup::remove() const noexcept {
    return ::rmdir(directory_.c_str()) == 0 || errno == ENOENT;
}

UsageFiles usage_files(int directory) noexcept {
    const auto open = [directory](const char* file) {
        return UniqueFd(::openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    };
    return {.memory = open("memory.current"), .tasks = open("pids.current")};
}

std::optional<std::uint64_t> current_usage(int file) noexcept {
    char text[32];
    const ssize_t size = file < 0 ? -1 : ::pread(file, text, sizeof text, 0);
    std::uint64_t value = 0;
    if (size <= 0 || std::from_chars(text, text + size, value).ec != std::errc()) return {};
    return value;
}

int join_cgroup(int directory) noexcept {
    return write_file(directory, "cgroup.procs", "0");
}

}  // namespace minetd
