// SPDX-License-Identifier: ISC

#include "tests/bench/memory.h"

#include <fstream>
#include <string>
#include <vector>

#include "tests/bench/process_tree.h"

namespace minetd::bench {

// smaps_rollup (proc_pid_smaps(5)) is in kB.
Memory memory_of(pid_t root) {
    std::vector<pid_t> pids = descendants(root);
    pids.push_back(root);
    Memory memory;
    for (pid_t pid : pids) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
        std::string word;
        while (file >> word) {
            if (word != "Rss:" && word != "Pss:") continue;
            double kilobytes = 0;
            file >> kilobytes;
            (word == "Rss:" ? memory.rss_mb : memory.pss_mb) += kilobytes / 1024;
        }
    }
    return memory;
}

}  // namespace minetd::bench
