// SPDX-License-Identifier: ISC
// What all services of the daemon do at one moment, as a status page shows it. Plain data; numbers
// and letters are what the servers say of themselves, and bounded.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace minetd::status {

/// One thread of a server; letters are mod_status's.
struct Worker {
    char letter = '.';
    std::uint64_t connections = 0, requests = 0, bytes = 0;  ///< bytes: sent
    std::uint64_t busy_ms = 0;                               ///< serving, all together
    std::int64_t last_began_s = -1;                          ///< seconds ago; -1: never
    std::int64_t last_took_ms = 0;
    std::string client;  ///< of the last connection; empty: unknown
};

struct Server {
    int pid = 0;              ///< 0: not started yet
    unsigned generation = 0;  ///< of the process that keeps it
    bool accepting = true;
    bool leaving = false;
    std::uint64_t connections = 0, waiting = 0, writing = 0, keepalive = 0, closing = 0;
    std::int64_t began_s = 0;             ///< seconds ago
    double cpu_user = 0, cpu_system = 0;  ///< seconds
    std::vector<Worker> workers;
};

/// A client in the hands of a program.
struct Session {
    int pid = 0;
    std::int64_t began_s = 0;  ///< seconds ago
    std::string client;        ///< empty: unknown
};

struct Service {
    std::string key, id, mpm;
    std::string protocol;       ///< as in the third field of a line
    std::uint16_t port = 0;     ///< 0: none, or the kernel's choice
    bool asynchronous = false;  ///< connections have no worker of their own
    bool program = false;       ///< a program for each connection
    unsigned generation = 0;    ///< 0: it never ran
    unsigned most = 0;          ///< workers at once; 0: any number
    std::uint64_t running = 0;  ///< a program's sessions
    std::uint64_t connections = 0, requests = 0, bytes = 0, refused = 0;  ///< since the start
    std::uint64_t busy_ms = 0;
    unsigned backlog = 0, backlog_peak = 0;
    /// What its cgroup uses: bytes, and processes with their threads. Absent: it has none, or one
    /// without that controller.
    std::optional<std::uint64_t> memory_current, tasks_current;
    std::vector<Server> servers;
    std::vector<Session> sessions;  ///< of `running`, those that have a place on the board

    /// mod_status counts requests; of a service without any, connections.
    std::uint64_t accesses() const noexcept {
        return requests > connections ? requests : connections;
    }
};

struct Snapshot {
    std::string host;
    std::time_t now = 0, began = 0;
    std::time_t built = 0;  ///< 0: unknown
    unsigned configuration = 1;
    double load[3] = {0, 0, 0};
    std::vector<Service> services;  ///< by key
};

/// Where snapshots come from; for any thread.
class Source {
  public:
    virtual ~Source() = default;
    virtual Snapshot snapshot() const = 0;
};

}  // namespace minetd::status
