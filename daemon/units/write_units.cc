// SPDX-License-Identifier: ISC
#include "daemon/units/write_units.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "daemon/os/system_error.h"
#include "daemon/os/unique_fd.h"

namespace minetd {
namespace {

/// Nothing where there is no such file; a link that leads nowhere is one (systemctl mask).
std::optional<std::string> present(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) < 0) return std::nullopt;
    if (!S_ISREG(status.st_mode)) return "";
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

void write_all(int fd, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw_errno(path);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void write_file(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    ::unlink(beside.c_str());
    const UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) throw_errno(beside);
    try {
        write_all(fd.get(), text, beside);
        if (::rename(beside.c_str(), path.c_str()) < 0) throw_errno(path);
    } catch (...) {
        ::unlink(beside.c_str());
        throw;
    }
}

}  // namespace

std::vector<std::string> write_units(std::span<const UnitFile> units, const std::string& directory,
                                     bool force) {
    if (::mkdir(directory.c_str(), 0755) < 0 && errno != EEXIST) throw_errno(directory);
    std::vector<const UnitFile*> wanted;
    std::vector<std::string> others;
    for (const UnitFile& unit : units) {
        const auto old = present(directory + "/" + unit.name());
        if (old == unit.text()) continue;
        wanted.push_back(&unit);
        if (old) others.push_back(unit.name());
    }
    if (!others.empty() && !force) {
        std::string names;
        for (const std::string& name : others) names += (names.empty() ? "" : ", ") + name;
        throw std::runtime_error(
            fmt::format("nothing is written: {} has {} already; --force replaces what is there",
                        directory, names));
    }
    for (const UnitFile* unit : wanted) write_file(directory + "/" + unit->name(), unit->text());
    return others;
}

}  // namespace minetd
