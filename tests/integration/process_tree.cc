// SPDX-License-Identifier: ISC
#include "tests/integration/process_tree.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

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

void for_each_task(pid_t pid, const std::function<void(const std::filesystem::path&)>& each) {
    namespace fs = std::filesystem;
    std::error_code gone;  // a process may end while it is looked at
    fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", gone);
    for (; !gone && task != fs::directory_iterator(); task.increment(gone)) each(task->path());
}

std::vector<ProcessView> descendants(pid_t pid) {
    std::vector<ProcessView> found;
    for_each_task(pid, [&](const std::filesystem::path& task) {
        std::ifstream children(task / "children");
        for (pid_t child; children >> child;) {
            ProcessView view;
            if (!look(child, view)) continue;
            found.push_back(view);
            const std::vector<ProcessView> below = descendants(child);
            found.insert(found.end(), below.begin(), below.end());
        }
    });
    return found;
}

std::size_t open_descriptors(pid_t pid) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

bool are_gone(const std::vector<ProcessView>& processes) {
    return std::ranges::none_of(
        processes, [](const ProcessView& process) { return ::kill(process.pid, 0) == 0; });
}

pid_t only_child(pid_t parent) {
    for (const ProcessView& process : descendants(parent))
        if (process.parent == parent && process.state != 'Z') return process.pid;
    return 0;
}

}  // namespace minetd
