// SPDX-License-Identifier: ISC
// Pools; Apache's directives and ours.
#include "daemon/config/attribute_row.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

using SpawnPolicies = Choice<SpawnPolicy, "reactive or apache">;

constexpr std::int64_t most_servers = 200'000;        ///< Apache's cap for ServerLimit
constexpr std::int64_t most_threads = 2'000'000'000;  ///< its cap for ServerLimit times ThreadLimit

constexpr Row<Spec> table[] = {
    row<Number, &Spec::pool, &PoolLimits::start_servers>(
        {"start_servers", "StartServers", 0, most_servers, true, servers, "servers at the start"}),
    row<Number, &Spec::pool, &PoolLimits::min_spare_servers>(
        {"min_spare_servers", "MinSpareServers", 0, most_servers, true, servers,
         "with fewer idle servers more are started"}),
    row<Number, &Spec::pool, &PoolLimits::max_spare_servers>(
        {"max_spare_servers", "MaxSpareServers", 0, most_servers, true, servers,
         "with more idle servers some are ended"}),
    row<Number, &Spec::pool, &PoolLimits::min_spare_threads>(
        {"min_spare_threads", "MinSpareThreads", 0, most_threads, true, servers,
         "with fewer idle threads more are started: in all servers together, with threads and "
         "perchild in each"}),
    row<Number, &Spec::pool, &PoolLimits::max_spare_threads>(
        {"max_spare_threads", "MaxSpareThreads", 0, most_threads, true, servers,
         "with more idle threads some are ended"}),
    row<Number, &Spec::pool, &PoolLimits::threads_per_child>(
        {"threads_per_child", "ThreadsPerChild", 0, many, true, servers, "threads of a server"}),
    row<Number, &Spec::pool, &PoolLimits::thread_limit>(
        {"thread_limit", "ThreadLimit", 0, many, true, servers,
         "the most that threads_per_child or max_threads_per_child can be"}),
    row<Number, &Spec::pool, &PoolLimits::server_limit>(
        {"server_limit", "ServerLimit", 0, many, true, servers,
         "the size of the scoreboard: the most servers there can be"}),
    row<Number, &Spec::pool, &PoolLimits::max_request_workers>(
        {"max_request_workers", "MaxRequestWorkers MaxClients", 0, most_threads, true, servers,
         "what is served at once: servers of prefork, threads of all servers together elsewhere; "
         "unless said what server_limit allows"}),
    row<Number, &Spec::pool, &PoolLimits::max_connections_per_child>(
        {"max_connections_per_child", "MaxConnectionsPerChild MaxRequestsPerChild", 0,
         no_limit >> 32, true, servers, "a server retires after so many; 0 is never"}),
    row<Decimal, &Spec::pool, &PoolLimits::async_request_worker_factor>(
        {"async_request_worker_factor", "AsyncRequestWorkerFactor", 0, many, true, servers,
         "connections that a server takes for each idle thread, beyond threads_per_child"}),
    row<Number, &Spec::pool, &PoolLimits::num_servers>(
        {"num_servers", "NumServers", 0, many, true, servers, "servers, always so many"}),
    row<Number, &Spec::pool, &PoolLimits::start_threads>({"start_threads", "StartThreads", 0, many,
                                                          true, servers,
                                                          "threads of a server at its start"}),
    row<Number, &Spec::pool, &PoolLimits::max_threads_per_child>(
        {"max_threads_per_child", "MaxThreadsPerChild MaxThreads", 0, many, true, servers,
         "threads of a server at most; unless said thread_limit"}),
    row<Number, &Spec::pool, &PoolLimits::listen_cores_buckets_ratio>(
        {"listen_cores_buckets_ratio", "ListenCoresBucketsRatio", 0, many, true, socket,
         "one socket (SO_REUSEPORT) for so many processors; 0: one for all"}),
    row<Size, &Spec::pool, &PoolLimits::thread_stack_size>(
        {"thread_stack_size", "ThreadStackSize", 0, 1 << 30, true, servers,
         "stack of a thread; 0: the system's default"}),
    row<Kibibytes, &Spec::pool, &PoolLimits::max_mem_free>(
        {"max_mem_free", "MaxMemFree", 0, no_limit >> 8, true, servers,
         "memory that an idle server keeps for itself; 0: all it had"}),
    row<SpawnPolicies, &Spec::pool, &PoolLimits::spawn_policy>(
        {"spawn_policy", "", 0, 0, true, servers,
         "starts spares as soon as they are missing, or once a second as Apache does"}),
    row<Size, &Spec::pool, &PoolLimits::max_memory_per_child>(
        {"max_memory_per_child", "", 0, no_limit >> 8, true, servers,
         "a server retires when it has more resident; 0 is never"}),
    row<Number, &Spec::pool, &PoolLimits::recycle_jitter>(
        {"recycle_jitter", "", 0, 99, true, servers,
         "percent by which max_connections_per_child varies, so that not all servers retire at "
         "once"}),
    row<Seconds, &Spec::pool, &PoolLimits::drain_timeout>(
        {"drain_timeout", "GracefulShutdownTimeout", 0, long_time, true, servers,
         "how long a retired server has for its sessions; 0: as long as they last"}),
    row<Seconds, &Spec::pool, &PoolLimits::start_timeout>(
        {"start_timeout", "", 1, long_time, true, servers,
         "how long a server has until it is ready"}),
    row<Seconds, &Spec::pool, &PoolLimits::stuck_timeout>(
        {"stuck_timeout", "", 0, long_time, true, servers,
         "a server that works on one step longer is replaced; 0 is never"}),
    row<YesNo, &Spec::pool, &PoolLimits::accept>({"accept", "", 0, 0, false, servers,
                                                  "the program is resident: it takes the listening "
                                                  "socket (LISTEN_FDS) and accepts for itself"}),
    row<Assignments, &Spec::pool, &PoolLimits::assign_user>(
        {"assign_user", "", 0, 256, false, servers,
         "users to whom addresses of `bind` belong: connections there are served as that user"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::pool_rows() noexcept {
    return table;
}

}  // namespace minetd
