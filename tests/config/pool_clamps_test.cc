// SPDX-License-Identifier: ISC
// The limits of pools: what each MPM has unless said, Apache's printed settings, its corrections.
#include "daemon/config/pool_clamps.h"

#include <doctest/doctest.h>

#include "daemon/config/attributes.h"
#include "daemon/config/pool_attributes.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

Reading pool(const std::string& mpm, const std::string& settings) {
    return read("7000 stream tcp " + mpm + " nobody internal echo\n[7000]\n" + settings);
}

/// All that the service's MPM goes by and that is not as in a pool of which nothing is said.
std::string unusual(const ServiceSpec& spec) {
    ServiceSpec usual;
    usual.pool = default_pool_limits(spec.serve);
    usual.listen_backlog = 511;
    std::string out;
    for (const Row<ServiceSpec>& row : service_attributes())
        if ((find_pool_attribute(row.name) || row.name == "listen_backlog") &&
            !row.equal(usual, spec))
            out += std::string(row.name) + " " + row.format(spec) + "; ";
    return out;
}

constexpr std::string_view classics[] = {
    "StartServers 8\nMinSpareServers 5\nMaxSpareServers 20\nServerLimit 256\nMaxClients 256\n"
    "MaxRequestsPerChild 4000\n",
    "StartServers 4\nMaxClients 300\nMinSpareThreads 25\nMaxSpareThreads 75\nThreadsPerChild 25\n"
    "MaxRequestsPerChild 0\n",
    "MinSpareThreads 64\nMaxSpareThreads 128\nThreadsPerChild 64\nThreadLimit 64\n"
    "MaxRequestsPerChild 20000\nListenBacklog 4096\n",
    "ServerLimit 16\nStartServers 2\nMaxClients 150\nMinSpareThreads 25\nMaxSpareThreads 75\n"
    "ThreadsPerChild 25\n",
    "StartServers 5\nMinSpareServers 5\nMaxSpareServers 10\nMaxRequestWorkers 250\n"
    "MaxConnectionsPerChild 0\n",
};
struct Classic {
    std::string mpm;
    std::string_view settings;
    std::string pool;
};
const Classic expected_classics[] = {
    {"prefork", classics[0],
     "start_servers 8; max_spare_servers 20; max_connections_per_child 4000; "},
    {"worker", classics[1],
     "start_servers 4; min_spare_threads 25; max_spare_threads 75; max_request_workers 300; "},
    {"event", classics[2],
     "listen_backlog 4096; min_spare_threads 64; max_spare_threads 128; threads_per_child 64; "
     "max_request_workers 1024; max_connections_per_child 20000; "},
    {"worker", classics[3],
     "start_servers 2; min_spare_threads 25; max_spare_threads 75; max_request_workers 150; "},
    {"prefork", classics[4], "max_request_workers 250; "},
};

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("what a pool is when nobody says anything") {
        struct {
            Serve serve;
            unsigned start, spare[2], server_limit, workers, per_child, threads, thread_limit,
                num_servers, start_threads, max_threads, connections;
        } const cases[] = {
            {Serve::prefork, 5, {5, 10}, 256, 256, 0, 0, 0, 0, 0, 0, 0},
            {Serve::worker, 3, {75, 250}, 16, 400, 0, 25, 64, 0, 0, 0, 0},
            {Serve::event, 3, {75, 250}, 16, 400, 0, 25, 64, 0, 0, 0, 0},
            {Serve::threads, 0, {10, 100}, 8, 0, 0, 0, 2048, 1, 50, 2048, 0},
            {Serve::perchild, 0, {5, 10}, 8, 0, 0, 0, 64, 2, 5, 64, 10000},
        };
        for (const auto& one : cases) {
            const std::string mpm = mpms_text(1U << static_cast<unsigned>(one.serve));
            CAPTURE(mpm);
            const Reading reading = pool(mpm, "");
            CHECK(reading.said().empty());
            REQUIRE(reading.only());
            const PoolLimits& limits = reading.only()->pool;
            CHECK(limits == default_pool_limits(one.serve));
            const bool processes = one.serve == Serve::prefork;
            CHECK((processes ? limits.min_spare_servers : limits.min_spare_threads) ==
                  one.spare[0]);
            CHECK((processes ? limits.max_spare_servers : limits.max_spare_threads) ==
                  one.spare[1]);
            CHECK(limits.server_limit == one.server_limit);
            CHECK(limits.max_connections_per_child == one.connections);
            if (one.start) CHECK(limits.start_servers == one.start);
            if (one.workers) CHECK(limits.max_request_workers == one.workers);
            if (one.threads) CHECK(limits.threads_per_child == one.threads);
            if (one.thread_limit) CHECK(limits.thread_limit == one.thread_limit);
            if (one.num_servers) CHECK(limits.num_servers == one.num_servers);
            if (one.start_threads) CHECK(limits.start_threads == one.start_threads);
            if (one.max_threads) CHECK(limits.max_threads_per_child == one.max_threads);
        }
    }

    TEST_CASE("every attribute of pools is one of an MPM, and has a row") {
        for (const PoolAttribute& attribute : pool_attributes()) {
            CAPTURE(attribute.name);
            CHECK(find_service_attribute(attribute.name));
            CHECK_FALSE(mpms_text(attribute.mpms).empty());
            CHECK((attribute.instead.empty() || find_pool_attribute(attribute.instead)));
        }
        // As many as PoolLimits has members.
        CHECK(pool_attributes().size() == 25);
    }

    TEST_CASE("the settings that every tutorial prints mean what they mean to Apache") {
        for (const Classic& classic : expected_classics) {
            CAPTURE(classic.settings);
            const std::string settings(classic.settings);
            const std::string blocks[] = {
                settings, "<IfModule " + classic.mpm + ".c>\n" + settings + "</IfModule>\n",
                "<IfModule mpm_" + classic.mpm + "_module>\n" + settings + "</IfModule>\n"};
            for (const std::string& written : blocks) {
                const Reading reading = pool(classic.mpm, written);
                CHECK(reading.said() == "");
                REQUIRE(reading.only());
                CHECK(unusual(*reading.only()) == classic.pool);
                const Reading again = read(dump(reading.configuration));
                CHECK(again.configuration == reading.configuration);
                CHECK(again.said() == "");
            }
        }
    }

    TEST_CASE("what contradicts itself is corrected and told; what nobody said follows") {
        struct {
            std::string mpm, settings, pool, warning;
        } const cases[] = {
            {"prefork", "ServerLimit 300", "server_limit 300; max_request_workers 300; ", ""},
            {"prefork", "ServerLimit 300\nMaxClients 256", "server_limit 300; ", ""},
            {"prefork", "MaxClients 300", "", "max_request_workers = 300 becomes 256"},
            {"prefork", "ServerLimit 200001", "server_limit 200000; max_request_workers 200000; ",
             "server_limit = 200001 becomes 200000"},
            {"prefork", "MinSpareServers 20", "min_spare_servers 20; max_spare_servers 21; ", ""},
            {"prefork", "MinSpareServers 20\nMaxSpareServers 20",
             "min_spare_servers 20; max_spare_servers 21; ", "max_spare_servers = 20 becomes 21"},
            {"worker", "ServerLimit 20", "server_limit 20; max_request_workers 500; ", ""},
            {"worker", "ServerLimit 20001", "server_limit 20000; max_request_workers 500000; ",
             "server_limit = 20001 becomes 20000"},
            {"worker", "ServerLimit 0", "server_limit 1; max_request_workers 25; ",
             "server_limit = 0 becomes 1"},
            {"worker", "ThreadsPerChild 65", "threads_per_child 64; max_request_workers 1024; ",
             "threads_per_child = 65 becomes 64"},
            {"worker", "ThreadLimit 100\nThreadsPerChild 100",
             "threads_per_child 100; thread_limit 100; max_request_workers 1600; ", ""},
            {"worker", "ThreadLimit 200\nThreadsPerChild 200",
             "max_spare_threads 275; threads_per_child 200; thread_limit 200; "
             "max_request_workers 3200; ",
             ""},
            {"worker", "ThreadsPerChild 0", "threads_per_child 1; max_request_workers 16; ",
             "threads_per_child = 0 becomes 1"},
            {"worker", "ThreadLimit 20001\n", "thread_limit 20000; ",
             "thread_limit = 20001 becomes 20000"},
            {"event", "ThreadLimit 20001", "thread_limit 20001; ", ""},
            {"event", "ThreadLimit 100001", "thread_limit 100000; ",
             "thread_limit = 100001 becomes 100000"},
            {"worker", "MaxClients 20", "max_request_workers 25; ",
             "max_request_workers = 20 becomes 25"},
            {"worker", "MaxClients 160", "max_request_workers 150; ",
             "max_request_workers = 160 becomes 150: a multiple"},
            {"event", "MaxRequestWorkers 1000", "",
             "max_request_workers = 1000 becomes 400: server_limit allows 16 servers"},
            {"worker", "StartServers 0", "start_servers 1; ", "start_servers = 0 becomes 1"},
            {"worker", "MinSpareThreads 0", "min_spare_threads 1; ",
             "min_spare_threads = 0 becomes 1"},
            {"worker", "MinSpareThreads 75\nMaxSpareThreads 99", "max_spare_threads 100; ",
             "max_spare_threads = 99 becomes 100"},
            {"worker", "MinSpareThreads 240", "min_spare_threads 240; max_spare_threads 265; ", ""},
            {"event", "AsyncRequestWorkerFactor 1.5", "async_request_worker_factor 1.5; ", ""},
            {"event", "AsyncRequestWorkerFactor 0.5", "async_request_worker_factor 1; ",
             "async_request_worker_factor = 0.5 becomes 1"},
            {"event", "ThreadStackSize 262144", "thread_stack_size 262144; ", ""},
            {"event", "ThreadStackSize 4096", "thread_stack_size 65536; ",
             "thread_stack_size = 4096 becomes 65536"},
            {"event", "MaxMemFree 512", "max_mem_free 512k; ", ""},
            {"event", "MaxMemFree 1m", "max_mem_free 1024k; ", ""},
            {"perchild", "NumServers 9", "num_servers 8; ", "num_servers = 9 becomes 8"},
            {"perchild", "NumServers 0", "num_servers 1; ", "num_servers = 0 becomes 1"},
            {"perchild", "ThreadLimit 3",
             "thread_limit 3; start_threads 3; max_threads_per_child 3; ", ""},
            {"perchild", "MaxThreadsPerChild 100", "", "max_threads_per_child = 100 becomes 64"},
            {"perchild", "StartThreads 70", "start_threads 64; ", "start_threads = 70 becomes 64"},
            {"perchild", "MinSpareThreads 30", "min_spare_threads 30; max_spare_threads 31; ", ""},
            {"threads", "MaxThreads 20", "start_threads 20; max_threads_per_child 20; ", ""},
            {"threads", "MaxSpareThreads 5", "max_spare_threads 11; ",
             "max_spare_threads = 5 becomes 11"},
            {"threads", "StartThreads 0", "start_threads 1; ", "start_threads = 0 becomes 1"},
            {"threads", "ThreadLimit 15001", "thread_limit 15000; max_threads_per_child 15000; ",
             "thread_limit = 15001 becomes 15000"},
        };
        for (const auto& one : cases) {
            CAPTURE(one.mpm);
            CAPTURE(one.settings);
            const Reading reading = pool(one.mpm, one.settings + "\n");
            CAPTURE(reading.said());
            CHECK(reading.diagnostics.errors() == 0);
            CHECK(reading.warnings() == (one.warning.empty() ? 0 : 1));
            CHECK(reading.said().find(one.warning) != std::string::npos);
            REQUIRE(reading.only());
            CHECK(unusual(*reading.only()) == one.pool);
            const Reading again = read(dump(reading.configuration));
            CHECK(again.configuration == reading.configuration);
            CHECK(again.said() == "");
        }
    }

    TEST_CASE("an attribute of another MPM has no effect, and says which one has") {
        struct {
            std::string mpm, setting, advice;
        } const cases[] = {
            {"worker", "MinSpareServers 7", "write min_spare_threads"},
            {"event", "MaxSpareServers 7", "write max_spare_threads"},
            {"prefork", "MinSpareThreads 7", "write min_spare_servers"},
            {"prefork", "ThreadsPerChild 7", "leave it out: it is for worker, event"},
            {"perchild", "ThreadsPerChild 7", "write max_threads_per_child"},
            {"threads", "MaxClients 7", "write max_threads_per_child"},
            {"threads", "StartServers 7", "write num_servers"},
            {"worker", "NumServers 7", "write start_servers"},
            {"worker", "MaxThreadsPerChild 7", "write threads_per_child"},
            {"worker", "AsyncRequestWorkerFactor 3", "leave it out: it is for event"},
            {"prefork", "ThreadStackSize 1m", "it is for worker, event, threads, perchild"},
            {"nowait", "MinSpareThreads 7", "write worker, event, threads, perchild in the"},
            {"nowait", "StartServers 7", "write prefork, worker, event in the fourth field"},
        };
        for (const auto& one : cases) {
            CAPTURE(one.mpm);
            CAPTURE(one.setting);
            const Reading reading = pool(one.mpm, one.setting + "\n");
            CAPTURE(reading.said());
            CHECK(reading.diagnostics.errors() == 0);
            CHECK(reading.warnings() == 1);
            CHECK(reading.said().find(one.advice) != std::string::npos);
            // What has no effect makes no difference to a reload.
            CHECK(reading.configuration == pool(one.mpm, "").configuration);
            const Reading inherited =
                read("7000 stream tcp " + one.mpm + " nobody internal echo\n[defaults]\n" +
                     one.setting + "\n");
            CHECK(inherited.said() == "");
            CHECK(inherited.configuration == pool(one.mpm, "").configuration);
        }
    }

    TEST_CASE("limits of the defaults are each pool's own, and told once") {
        const Reading reading = read(
            "7000 stream tcp worker nobody internal echo\n7001 stream tcp event nobody internal "
            "echo\n7002 stream tcp prefork nobody internal echo\n[defaults]\nMaxClients 160\n"
            "[7002]\nserve = event\n");
        CAPTURE(reading.said());
        CHECK(reading.warnings() == 1);
        CHECK(reading.said().starts_with("test.conf:5:12: warning: max_request_workers = 160"));
        for (const auto& spec : reading.configuration.services)
            CHECK(spec->pool.max_request_workers == 150);
        CHECK(reading.find("7002/tcp")->pool.start_servers == 3);
    }
}
