// SPDX-License-Identifier: ISC
// How large a pool is, in Apache's directives: minetd takes them as Apache does, so that the very
// same text tunes both.
#pragma once

#include <string>

namespace minetd::bench {

enum class Mpm { prefork, worker, event };

struct PoolSize {
    unsigned start_servers = 0;
    unsigned server_limit = 0;
    unsigned max_request_workers = 0;
    unsigned min_spare = 0, max_spare = 0;  ///< servers of prefork, threads of the others
    unsigned threads_per_child = 0;         ///< 0 in prefork
    unsigned async_factor = 2;              ///< of event
};

/// Holds `clients` at once, all servers there from the start, so that no growing is measured.
/// Threads are spread over two processes, one for each processor.
PoolSize pool_for(Mpm, unsigned clients);

/// An event pool that parks `connections`, on the threads of pool_for(event, 64).
PoolSize parking_pool_for(unsigned connections);

/// What Apache's own documentation prints as the default: 256 servers or 400 threads at most, a few
/// at the start.
PoolSize default_pool(Mpm);

/// Lines of httpd.conf, which are also lines of a section of minetd.conf.
std::string apache_directives(Mpm, const PoolSize&);

}  // namespace minetd::bench
