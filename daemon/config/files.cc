// SPDX-License-Identifier: ISC
#include "daemon/config/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "daemon/config/source.h"
#include "daemon/os/unique_fd.h"

namespace minetd {
namespace {

[[noreturn]] void fail(int error) {
    throw std::runtime_error(std::strerror(error));
}

std::string_view last_part(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::string read_text(const std::string& file, bool regular_only) {
    const UniqueFd fd(
        ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular_only ? O_NONBLOCK : 0)));
    if (!fd) fail(errno);
    struct stat status;
    if (::fstat(fd.get(), &status) < 0) fail(errno);
    if (S_ISDIR(status.st_mode)) fail(EISDIR);
    if (regular_only && !S_ISREG(status.st_mode)) throw std::runtime_error("not a regular file");
    std::string text;
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(errno);
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > file_limit)
            throw std::runtime_error(fmt::format("it has more than {} bytes", file_limit));
    }
}

std::string real_path(const std::string& file) {
    const std::unique_ptr<char, decltype(&std::free)> path(::realpath(file.c_str(), nullptr),
                                                           std::free);
    return path ? path.get() : file;
}

std::string beside(const std::string& from, const std::string& path) {
    if (path.starts_with('/')) return path;
    const std::size_t slash = from.rfind('/');
    return slash == std::string::npos ? path : from.substr(0, slash + 1) + path;
}

std::vector<std::string> matching(const std::string& pattern) {
    if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
    glob_t found;
    std::vector<std::string> files;
    if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i)
            if (!is_backup(last_part(found.gl_pathv[i]))) files.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> drop_ins(const std::string& directory) {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
    if (!dir) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        fail(errno);
    }
    std::vector<std::string> files;
    while (const dirent* entry = ::readdir(dir.get())) {
        const std::string_view name = entry->d_name;
        if (name.ends_with(".conf") && !name.starts_with('.') && !is_backup(name))
            files.push_back(directory + "/" + std::string(name));
    }
    std::sort(files.begin(), files.end());
    return files;
}

bool is_backup(std::string_view name) {
    if (name.ends_with('~') || name.starts_with("#") || name.starts_with(".#")) return true;
    for (const std::string_view end :
         {".bak", ".old", ".orig", ".swp", ".rpmsave", ".rpmnew", ".rpmorig"})
        if (name.ends_with(end)) return true;
    return name.find(".dpkg-") != std::string_view::npos ||
           name.find(".ucf-") != std::string_view::npos;
}

}  // namespace minetd
