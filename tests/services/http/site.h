// SPDX-License-Identifier: ISC
// A directory of files to serve, gone with its object.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace minetd {

class Site {
  public:
    /// When everything was written, unless told otherwise.
    static constexpr std::time_t written = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

    Site() {
        char name[] = "/tmp/minetd-site-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        top_ = name;
        REQUIRE(::chmod(name, 0755) == 0);  // who serves it may be another user
        REQUIRE(::mkdir(root().c_str(), 0755) == 0);
    }
    ~Site() { std::filesystem::remove_all(top_); }
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    /// What is served; what lies beside it must not be.
    std::string root() const { return top_ + "/www"; }
    std::string path(const std::string& name) const { return root() + '/' + name; }

    void write(const std::string& name, std::string_view text, std::time_t when = written) const {
        std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
        std::ofstream(path(name), std::ios::binary) << text;
        touch(name, when);
    }
    void touch(const std::string& name, std::time_t when) const {
        const timespec times[] = {{.tv_sec = when, .tv_nsec = 0}, {.tv_sec = when, .tv_nsec = 0}};
        REQUIRE(::utimensat(AT_FDCWD, path(name).c_str(), times, 0) == 0);
    }
    void link(const std::string& target, const std::string& name) const {
        std::filesystem::create_symlink(target, path(name));
    }

  private:
    std::string top_;
};

}  // namespace minetd
