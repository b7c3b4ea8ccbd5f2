// SPDX-License-Identifier: ISC
// The cgroups of the services: one directory for each, below one that is minetd's. Made when a
// process is first started in it, taken up again when it is there already, removed when its service
// is gone and nothing is left in it. systemd: CGROUP_DELEGATION.md.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/service_spec.h"
#include "daemon/os/cgroup.h"
#include "daemon/os/event_loop.h"
#include "daemon/os/log_sink.h"

namespace minetd {

/// One file of a cgroup, by one attribute.
struct CgroupSetting {
    std::string_view attribute, controller;
    const char* file;
    bool said;  ///< else `value` is the kernel's default
    std::string value;
    bool operator==(const CgroupSetting&) const = default;
};
std::vector<CgroupSetting> cgroup_settings(const CgroupLimits& limits);

/// The name of a service's cgroup: its key as systemd-escape(1) writes it, which is no name of a
/// file that the kernel has there; long keys are cut, with a hash of the whole behind.
std::string cgroup_name(const std::string& key);

/// Where services' cgroups may be.
struct CgroupRoot {
    std::string directory;  ///< empty: nowhere
    std::string reason;     ///< why not; empty: nobody wants any
};
/// By the setting `cgroup` of [minetd]. Changes nothing.
CgroupRoot cgroup_root(const std::string& setting);

class ServiceCgroups {
  public:
    using Say = std::function<void(Level, const std::string&)>;
    /// A service has this cgroup now: a descriptor of its directory, borrowed; -1: none.
    using Made = std::function<void(const std::string& key, int directory)>;
    ServiceCgroups(EventLoop& loop, Say say, Made made);
    ~ServiceCgroups();

    /// Moves this process to the leaf `main` below the root, so that the root can have controllers.
    /// What cannot be done is said, and there are no cgroups then.
    void open(const CgroupRoot& root) noexcept;
    /// Where the service's processes begin, under these limits from now on; null: where we are.
    std::shared_ptr<Birthplace> of(const ServiceSpec& spec);
    /// The service is gone, and its sessions are: what is left is killed, the cgroup removed. Where
    /// sessions of an earlier start are left, it is removed when they end.
    void finish(const std::string& key) noexcept;
    /// SIGKILL to whatever is in a service's cgroup.
    void kill() noexcept;
    /// How many processes in them are of an earlier start, which crashed: they are sessions still.
    unsigned former() const noexcept;
    void signal_former(int signal) const noexcept;
    /// Kills what is left, and removes all of them; waits until they are empty, for a second at
    /// most.
    void finish_all() noexcept;
    /// Removes cgroups of services that there are no longer, from an earlier start, if empty.
    void sweep() noexcept;

  private:
    class Place;
    bool enable(const std::string& controller) noexcept;
    void miss(std::string_view what, const std::string& text) noexcept;
    void on_events() noexcept;
    void let_go(const std::string& key) noexcept;

    Say say_;
    Made made_;
    CgroupRoot root_;
    std::unique_ptr<Cgroup> top_;
    std::set<std::string, std::less<>> enabled_;                  ///< controllers
    std::set<std::string, std::less<>> told_;                     ///< what was said to be missing
    std::map<std::string, std::shared_ptr<Place>> places_;        ///< by key
    std::map<int, std::pair<std::string, const char*>> watched_;  ///< inotify: key and file
    EventLoop& loop_;
    UniqueFd inotify_;
    std::unique_ptr<FdEvent> events_;
};

}  // namespace minetd
