// SPDX-License-Identifier: ISC
#include "daemon/invocation.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>

namespace minetd {
namespace {

namespace fs = std::filesystem;

/// sd_listen_fds(3): what it names was for the image that was started with it.
bool is_of_one_start(std::string_view variable) {
    static constexpr std::string_view names[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
                                                 "LISTEN_PIDFDID", handover_variable};
    return std::find(std::begin(names), std::end(names), variable) != std::end(names);
}

std::string find_program(const std::string& name, const std::string& directory) {
    if (name.find('/') != name.npos) return (fs::path(directory) / name).lexically_normal();
    const char* path = std::getenv("PATH");
    std::istringstream places(path != nullptr ? path : "");
    for (std::string place; !name.empty() && std::getline(places, place, ':');) {
        const std::string found = (fs::path(directory) / place / name).lexically_normal();
        if (::access(found.c_str(), X_OK) == 0) return found;
    }
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error);
}

}  // namespace

Invocation note_invocation(int argc, char** argv) {
    Invocation noted;
    std::error_code error;
    noted.directory = fs::current_path(error);
    if (error) noted.directory = "/";
    noted.arguments.assign(argv, argv + argc);
    noted.program = find_program(argc > 0 ? argv[0] : "", noted.directory);
    for (char** item = ::environ; item != nullptr && *item != nullptr; ++item) {
        const std::string_view text = *item;
        if (!is_of_one_start(text.substr(0, text.find('=')))) noted.environment.emplace_back(text);
    }
    return noted;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace minetd
