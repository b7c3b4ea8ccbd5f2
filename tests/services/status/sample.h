// SPDX-License-Identifier: ISC
// A daemon with one service of each kind, at a known moment.
#pragma once

#include "services/status/snapshot.h"

namespace minetd {

inline status::Worker worker(char letter, std::uint64_t connections = 0) {
    return {.letter = letter, .connections = connections, .client = ""};
}

inline status::Snapshot sample() {
    status::Snapshot all;
    all.host = "example";
    all.began = 1795386967;  // 90061 s before now
    all.now = 1795477028;
    all.built = 1795000000;
    all.configuration = 3;
    all.load[0] = 0.5;
    all.load[1] = 1.25;
    all.load[2] = 12;
    status::Service pool;
    pool.key = "80/tcp";
    pool.id = "web";
    pool.mpm = "event";
    pool.protocol = "tcp";
    pool.port = 80;
    pool.asynchronous = true;
    pool.generation = 2;
    pool.most = 6;
    pool.connections = 40;
    pool.requests = 100;
    pool.bytes = 204'800;
    pool.refused = 7;
    pool.busy_ms = 250;
    pool.backlog = 3;
    pool.backlog_peak = 9;
    pool.servers = {
        {.pid = 101,
         .generation = 1,
         .accepting = false,
         .leaving = true,
         .connections = 2,
         .writing = 1,
         .closing = 1,
         .workers = {worker('G', 20), worker('G')}},
        {.pid = 102,
         .generation = 2,
         .connections = 4,
         .waiting = 3,
         .keepalive = 1,
         .cpu_user = 1.5,
         .cpu_system = 0.5,
         .workers = {worker('W', 20), worker('_')}},
    };
    pool.servers[1].workers[0].client = "192.0.2.1";
    pool.servers[1].workers[0].last_began_s = 5;
    status::Service program;
    program.key = "ftp/tcp";
    program.id = "ftp";
    program.mpm = "nowait";
    program.protocol = "tcp6";
    program.program = true;
    program.generation = 1;
    program.most = 4;
    program.running = 2;
    program.sessions = {{.pid = 201, .began_s = 3600, .client = "2001:db8::7"},
                        {.pid = 202, .began_s = 0, .client = ""}};
    program.connections = 20;
    all.services = {pool, program};
    return all;
}

}  // namespace minetd
