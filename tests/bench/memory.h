// SPDX-License-Identifier: ISC
// What a process and all it has started have in memory (proc_pid_smaps(5)).
#pragma once

#include <sys/types.h>

namespace minetd::bench {

struct Memory {
    double rss_mb = 0;  ///< shared pages once per process
    double pss_mb = 0;  ///< shared pages once
};

/// 0 where it has gone.
Memory memory_of(pid_t root);

}  // namespace minetd::bench
