// SPDX-License-Identifier: ISC
#include "daemon/config/pool_attributes.h"

#include "daemon/config/codecs.h"

namespace minetd {
namespace {

constexpr unsigned bit(Serve serve) {
    return 1U << static_cast<unsigned>(serve);
}
constexpr unsigned prefork = bit(Serve::prefork), event = bit(Serve::event),
                   fixed = bit(Serve::worker) | event,  // threads are as many as at the start
    floating = bit(Serve::threads) | bit(Serve::perchild), threaded = fixed | floating,
                   every = prefork | threaded;

constexpr PoolAttribute table[] = {
    {"start_servers", prefork | fixed, "num_servers"},
    {"min_spare_servers", prefork, "min_spare_threads"},
    {"max_spare_servers", prefork, "max_spare_threads", true},
    {"min_spare_threads", threaded, "min_spare_servers"},
    {"max_spare_threads", threaded, "max_spare_servers", true},
    {"threads_per_child", fixed, "max_threads_per_child"},
    {"thread_limit", threaded, ""},
    {"server_limit", every, ""},
    {"max_request_workers", prefork | fixed, "max_threads_per_child", true},
    {"max_connections_per_child", every, ""},
    {"async_request_worker_factor", event, ""},
    {"num_servers", floating, "start_servers"},
    {"start_threads", floating, "threads_per_child", true},
    {"max_threads_per_child", floating, "threads_per_child", true},
    {"listen_cores_buckets_ratio", every, ""},
    {"thread_stack_size", threaded, ""},
    {"max_mem_free", every, ""},
    {"spawn_policy", every, ""},
    {"max_memory_per_child", every, ""},
    {"recycle_jitter", every, ""},
    {"drain_timeout", every, ""},
    {"start_timeout", every, ""},
    {"stuck_timeout", every, ""},
    {"accept", prefork, ""},
    {"assign_user", bit(Serve::perchild), ""},
};

}  // namespace

const unsigned any_pool = every;

std::span<const PoolAttribute> pool_attributes() noexcept {
    return table;
}

const PoolAttribute* find_pool_attribute(std::string_view name) noexcept {
    for (const PoolAttribute& attribute : table)
        if (attribute.name == name) return &attribute;
    return nullptr;
}

PoolLimits default_pool_limits(Serve serve) {
    PoolLimits pool;
    switch (serve) {
        case Serve::nowait:
        case Serve::wait:
        case Serve::prefork:
            break;
        case Serve::worker:
        case Serve::event:
            pool.start_servers = 3;
            pool.server_limit = 16;
            pool.max_request_workers = pool.server_limit * pool.threads_per_child;
            break;
        case Serve::threads:  // the shape of Apache's netware
            pool.num_servers = 1;
            pool.server_limit = 8;
            pool.start_threads = 50;
            pool.min_spare_threads = 10;
            pool.max_spare_threads = 100;
            pool.thread_limit = pool.max_threads_per_child = 2048;
            break;
        case Serve::perchild:
            pool.server_limit = 8;
            pool.min_spare_threads = 5;
            pool.max_spare_threads = 10;
            pool.max_connections_per_child = 10'000;
            break;
    }
    return pool;
}

std::string mpms_text(unsigned mpms) {
    std::string text;
    for (const codec::Name<Serve>& name : codec::names<Serve>())
        if (mpms & bit(name.value)) text += (text.empty() ? "" : ", ") + std::string(name.word);
    return text;
}

}  // namespace minetd
