// SPDX-License-Identifier: ISC

#include "tests/bench/pool_size.h"

#include <doctest/doctest.h>

namespace minetd::bench {

TEST_SUITE("bench") {
    TEST_CASE("a pool holds its clients from the start and neither grows nor shrinks") {
        for (const Mpm mpm : {Mpm::prefork, Mpm::worker, Mpm::event}) {
            for (const unsigned clients : {1U, 16U, 64U, 200U, 1000U, 10000U, 9999U}) {
                CAPTURE(clients);
                const PoolSize size = pool_for(mpm, clients);
                const unsigned threads = size.threads_per_child == 0 ? 1 : size.threads_per_child;
                const unsigned at_start = size.start_servers * threads;
                CHECK((size.threads_per_child == 0) == (mpm == Mpm::prefork));
                CHECK(at_start >= clients + size.min_spare);
                CHECK(size.max_spare >= at_start);
                CHECK(size.max_request_workers >= at_start);
                CHECK(size.server_limit >= size.start_servers);
                CHECK(size.max_request_workers % threads == 0);
                CHECK(size.max_request_workers <= size.server_limit * threads);
            }
        }
    }

    TEST_CASE("an event pool parks more connections than it has threads") {
        for (const unsigned connections : {200U, 1000U, 10000U}) {
            const PoolSize size = parking_pool_for(connections);
            CHECK(size.max_request_workers == pool_for(Mpm::event, 64).max_request_workers);
            // Event's own bound: every process adds its threads times the factor.
            CHECK(size.max_request_workers * size.async_factor >= connections + 64);
        }
    }

    TEST_CASE("the directives are Apache's") {
        const struct {
            Mpm mpm;
            PoolSize size;
            const char* text;
        } rows[] = {
            {Mpm::prefork, default_pool(Mpm::prefork),
             "StartServers 5\nServerLimit 256\nMaxRequestWorkers 256\nMinSpareServers 5\n"
             "MaxSpareServers 10\nListenBacklog 4096\n"},
            {Mpm::worker, default_pool(Mpm::worker),
             "StartServers 3\nServerLimit 16\nMaxRequestWorkers 400\nMinSpareThreads 75\n"
             "MaxSpareThreads 250\nListenBacklog 4096\nThreadLimit 64\nThreadsPerChild 25\n"},
            {Mpm::event, pool_for(Mpm::event, 200),
             "StartServers 2\nServerLimit 2\nMaxRequestWorkers 232\nMinSpareThreads 16\n"
             "MaxSpareThreads 232\nListenBacklog 4096\nThreadLimit 116\nThreadsPerChild 116\n"
             "AsyncRequestWorkerFactor 2\n"},
        };
        for (const auto& row : rows) CHECK(apache_directives(row.mpm, row.size) == row.text);
    }
}

}  // namespace minetd::bench
