// SPDX-License-Identifier: ISC

#include "tests/bench/process_tree.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>

namespace minetd::bench {

namespace {

struct Relation {
    pid_t pid;
    pid_t parent;
    char state;
};

std::vector<Relation> everybody() {
    std::vector<Relation> all;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr !=
            name.data() + name.size())
            continue;
        std::ifstream file("/proc/" + name + "/stat");
        std::string line;
        std::getline(file, line, '\0');
        const std::size_t end_of_name = line.rfind(')');
        if (end_of_name == std::string::npos) continue;
        std::istringstream fields(line.substr(end_of_name + 1));
        Relation relation{pid, 0, '?'};
        fields >> relation.state >> relation.parent;
        all.push_back(relation);
    }
    return all;
}

}  // namespace

std::vector<pid_t> descendants(pid_t root) {
    std::unordered_multimap<pid_t, Relation> children;
    for (const Relation& relation : everybody()) children.emplace(relation.parent, relation);
    std::vector<pid_t> found;
    std::vector<pid_t> open{root};
    while (!open.empty()) {
        const pid_t parent = open.back();
        open.pop_back();
        const auto [begin, end] = children.equal_range(parent);
        for (auto child = begin; child != end; ++child) {
            open.push_back(child->second.pid);
            if (child->second.state != 'Z') found.push_back(child->second.pid);
        }
    }
    return found;
}

bool end_descendants(double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
        for (pid_t pid : descendants(getpid())) kill(pid, SIGKILL);
        pid_t reaped;
        while ((reaped = waitpid(-1, nullptr, WNOHANG)) > 0) continue;
        if (reaped < 0) return true;  // ECHILD: nobody is left
        if (Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace minetd::bench
