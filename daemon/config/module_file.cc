// SPDX-License-Identifier: ISC
#include "daemon/config/module_file.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

bool is_plain(std::string_view name) {
    constexpr std::string_view characters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+";
    return !name.empty() && name[0] != '.' && name.find_first_not_of(characters) == name.npos;
}

}  // namespace

std::string_view module_directory() noexcept {
    return MINETD_MODULEDIR;
}

std::string module_file(std::string_view name) {
    if (name.starts_with('/') && name.ends_with(".so")) return std::string(name);
    return is_plain(name) ? fmt::format("{}/{}.so", module_directory(), name) : "";
}

std::string module_fault(const std::string& file) {
    struct stat status;
    if (::stat(file.c_str(), &status) < 0) return error_text(errno);
    if (!S_ISREG(status.st_mode)) return "it is not a regular file";
    if (::geteuid() == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fmt::format("its mode, {:o}, lets others than its owner write to it: chmod go-w {}",
                           status.st_mode & 07777, file);
    return "";
}

std::string module_stamp(const std::string& file) {
    struct stat status;
    if (::stat(file.c_str(), &status) < 0) return "";
    return fmt::format("{}:{}:{}.{:09}", status.st_dev, status.st_ino, status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec);
}

}  // namespace minetd
