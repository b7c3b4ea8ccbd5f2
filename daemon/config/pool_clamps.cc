// SPDX-License-Identifier: ISC
#include "daemon/config/pool_clamps.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/attributes.h"
#include "daemon/config/pool_attributes.h"

namespace minetd {
namespace {

// Apache's caps: MAX_SERVER_LIMIT and MAX_THREAD_LIMIT of each MPM; for threads those of winnt.
constexpr unsigned prefork_servers = 200'000, other_servers = 20'000;
constexpr unsigned most_threads(Serve serve) {
    return serve == Serve::event ? 100'000 : serve == Serve::threads ? 15'000 : 20'000;
}
constexpr std::uint64_t least_stack = 64 * 1024;

class Settling {
  public:
    Settling(PoolLimits& pool, Serve serve, const Said& said)
        : pool_(pool), serve_(serve), standard_(default_pool_limits(serve)), said_(said) {}

    std::vector<Clamp> run() {
        at_most("server_limit", pool_.server_limit,
                serve_ == Serve::prefork ? prefork_servers : other_servers,
                "no pool can have more servers");
        at_least("server_limit", pool_.server_limit, 1U, "a pool needs a server");
        if (serve_ == Serve::prefork)
            processes();
        else
            threads();
        return std::move(clamps_);
    }

  private:
    template <class T>
    void correct(std::string_view name, T& value, T right, std::string_view why) {
        clamps_.push_back({name, fmt::format("{} = {} becomes {}: {}", name, value, right, why)});
        value = right;
    }
    template <class T>
    void at_most(std::string_view name, T& value, T most, std::string_view why) {
        if (value > most) correct(name, value, most, why);
    }
    template <class T>
    void at_least(std::string_view name, T& value, T least, std::string_view why) {
        if (value < least) correct(name, value, least, why);
    }

    /// Between the spares there is room for what is started at once.
    void spares(std::string_view min_name, unsigned& min, std::string_view max_name, unsigned& max,
                unsigned usual_max, unsigned gap, std::string_view why) {
        at_least(min_name, min, 1U, "without a spare one no connection is taken");
        if (!said_(max_name)) max = std::max(usual_max, min + gap);
        at_least(max_name, max, min + gap, why);
    }

    void processes() {
        if (!said_("max_request_workers")) pool_.max_request_workers = pool_.server_limit;
        at_most("max_request_workers", pool_.max_request_workers, pool_.server_limit,
                "it cannot exceed server_limit, which you may raise");
        at_least("max_request_workers", pool_.max_request_workers, 1U, "a pool needs a server");
        at_least("start_servers", pool_.start_servers, 1U, "a pool starts with a server");
        spares("min_spare_servers", pool_.min_spare_servers, "max_spare_servers",
               pool_.max_spare_servers, standard_.max_spare_servers, 1,
               "it must exceed min_spare_servers, or servers are started and ended in turn");
    }

    void threads() {
        at_most("thread_limit", pool_.thread_limit, most_threads(serve_),
                "no server can have more threads");
        at_least("thread_limit", pool_.thread_limit, 1U, "a server needs a thread");
        if (serve_ == Serve::worker || serve_ == Serve::event)
            fixed_threads();
        else
            floating_threads();
        if (pool_.thread_stack_size > 0)
            at_least("thread_stack_size", pool_.thread_stack_size, least_stack,
                     "no thread of a server gets along with less");
        if (serve_ == Serve::event)
            at_least("async_request_worker_factor", pool_.async_request_worker_factor, 1.0,
                     "an idle thread can take a connection");
    }

    /// worker and event: a server has threads_per_child of them from its start to its end.
    void fixed_threads() {
        unsigned &each = pool_.threads_per_child, &all = pool_.max_request_workers;
        at_most("threads_per_child", each, pool_.thread_limit,
                "it cannot exceed thread_limit, which you may raise");
        at_least("threads_per_child", each, 1U, "a server needs a thread");
        const unsigned most = pool_.server_limit * each;
        if (!said_("max_request_workers")) all = most;
        at_least("max_request_workers", all, each, "a server has threads_per_child threads");
        if (all % each != 0)
            correct("max_request_workers", all, all - all % each,
                    "a multiple of threads_per_child, rounded down");
        at_most("max_request_workers", all, most,
                fmt::format("server_limit allows {} servers with {} threads each; you may raise it",
                            pool_.server_limit, each));
        at_least("start_servers", pool_.start_servers, 1U, "a pool starts with a server");
        spares("min_spare_threads", pool_.min_spare_threads, "max_spare_threads",
               pool_.max_spare_threads, standard_.max_spare_threads, each,
               "it must exceed min_spare_threads by threads_per_child, or servers are started and "
               "ended in turn");
    }

    /// threads and perchild: each server starts and ends its threads.
    void floating_threads() {
        unsigned& most = pool_.max_threads_per_child;
        at_most("num_servers", pool_.num_servers, pool_.server_limit,
                "it cannot exceed server_limit, which you may raise");
        at_least("num_servers", pool_.num_servers, 1U, "a pool needs a server");
        if (!said_("max_threads_per_child")) most = pool_.thread_limit;
        at_most("max_threads_per_child", most, pool_.thread_limit,
                "it cannot exceed thread_limit, which you may raise");
        at_least("max_threads_per_child", most, 1U, "a server needs a thread");
        if (!said_("start_threads")) pool_.start_threads = std::min(standard_.start_threads, most);
        at_most("start_threads", pool_.start_threads, most,
                "it cannot exceed max_threads_per_child");
        at_least("start_threads", pool_.start_threads, 1U, "a server starts with a thread");
        spares("min_spare_threads", pool_.min_spare_threads, "max_spare_threads",
               pool_.max_spare_threads, standard_.max_spare_threads, 1,
               "it must exceed min_spare_threads, or threads are started and ended in turn");
    }

    PoolLimits& pool_;
    const Serve serve_;
    const PoolLimits standard_;
    const Said& said_;
    std::vector<Clamp> clamps_;
};

}  // namespace

std::vector<Clamp> settle_pool(ServiceSpec& spec, const Said& said) {
    ServiceSpec standard;
    standard.pool = default_pool_limits(spec.serve);
    for (const PoolAttribute& attribute : pool_attributes())
        if (!attribute.is_of(spec.serve) || !said(attribute.name))
            find_service_attribute(attribute.name)->copy(standard, spec);
    return Settling(spec.pool, spec.serve, said).run();
}

}  // namespace minetd
