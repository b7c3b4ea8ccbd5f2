// SPDX-License-Identifier: ISC
#include "tests/integration/process_tree.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace minetd {
namespace {

/// proc(5): /proc/PID/status, whose fields are named and so do not depend on the program's name.
bool look(pid_t pid, ProcessView& view) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    bool complete = false;
    view.pid = pid;
    for (std::string line; std::getline(status, line);) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        if (name == "State:") words >> view.state;
        if (name == "PPid:") words >> view.parent;
        if (name == "Uid:") complete = static_cast<bool>(words >> view.uid);
    }
    return complete;
}

}  // namespace

std::vector<ProcessView> descendants(pid_t pid) {
    namespace fs = std::filesystem;
    std::vector<ProcessView> found;
    std::error_code gone;
    for (const auto& task :
         fs::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
        std::ifstream children(task.path() / "children");
        for (pid_t child; children >> child;) {
            ProcessView view;
            if (!look(child, view)) continue;
            found.push_back(view);
            const std::vector<ProcessView> below = descendants(child);
            found.insert(found.end(), below.begin(), below.end());
        }
    }
    return found;
}

pid_t only_child(pid_t parent) {
    for (const ProcessView& process : descendants(parent))
        if (process.parent == parent && process.state != 'Z') return process.pid;
    return 0;
}

}  // namespace minetd
