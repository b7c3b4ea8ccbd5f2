// SPDX-License-Identifier: ISC

#include "tests/bench/pool_size.h"

#include <fmt/format.h>

#include <algorithm>

namespace minetd::bench {

namespace {

constexpr unsigned usual_workers = 96;
constexpr unsigned workers_to_spare = 32;
constexpr unsigned spare = 16;
constexpr unsigned processors = 2;

unsigned workers_for(unsigned clients) {
    return std::max(usual_workers, clients + workers_to_spare);
}

unsigned divided_up(unsigned value, unsigned by) {
    return (value + by - 1) / by;
}

}  // namespace

PoolSize pool_for(Mpm mpm, unsigned clients) {
    const unsigned workers = workers_for(clients);
    PoolSize size;
    size.min_spare = spare;
    if (mpm == Mpm::prefork) {
        size.start_servers = workers;
        size.max_spare = workers;
        size.server_limit = size.max_request_workers = std::max(256U, workers);
        return size;
    }
    size.start_servers = processors;
    size.server_limit = processors;
    size.threads_per_child = divided_up(workers, processors);
    size.max_request_workers = size.max_spare = processors * size.threads_per_child;
    return size;
}

PoolSize parking_pool_for(unsigned connections) {
    PoolSize size = pool_for(Mpm::event, 64);
    size.async_factor = 1 + divided_up(connections, size.max_request_workers);
    return size;
}

PoolSize default_pool(Mpm mpm) {
    if (mpm == Mpm::prefork)
        return {.start_servers = 5,
                .server_limit = 256,
                .max_request_workers = 256,
                .min_spare = 5,
                .max_spare = 10};
    return {.start_servers = 3,
            .server_limit = 16,
            .max_request_workers = 400,
            .min_spare = 75,
            .max_spare = 250,
            .threads_per_child = 25};
}

std::string apache_directives(Mpm mpm, const PoolSize& size) {
    const std::string_view what = mpm == Mpm::prefork ? "Servers" : "Threads";
    std::string text = fmt::format(
        "StartServers {}\nServerLimit {}\nMaxRequestWorkers {}\nMinSpare{} {}\nMaxSpare{} {}\n"
        "ListenBacklog 4096\n",
        size.start_servers, size.server_limit, size.max_request_workers, what, size.min_spare, what,
        size.max_spare);
    if (mpm != Mpm::prefork)
        text += fmt::format("ThreadLimit {}\nThreadsPerChild {}\n",
                            std::max(64U, size.threads_per_child), size.threads_per_child);
    if (mpm == Mpm::event) text += fmt::format("AsyncRequestWorkerFactor {}\n", size.async_factor);
    return text;
}

}  // namespace minetd::bench
