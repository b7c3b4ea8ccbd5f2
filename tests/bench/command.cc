// SPDX-License-Identifier: ISC

#include "tests/bench/command.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <stdexcept>

namespace minetd::bench {

std::string quoted(std::string_view word) {
    std::string text;
    for (char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return fmt::format("'{}'", text);
}

std::string last_line_of(const std::string& command, int worst_status) {
    FILE* pipe = popen(command.c_str(), "re");
    if (pipe == nullptr) throw std::runtime_error("cannot be started: " + command);
    std::array<char, 1024> line{};
    bool said = false;
    while (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) said = true;
    const int status = pclose(pipe);
    if (!said || !WIFEXITED(status) || WEXITSTATUS(status) > worst_status)
        throw std::runtime_error("failed: " + command);
    return line.data();
}

}  // namespace minetd::bench
