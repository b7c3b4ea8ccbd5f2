// SPDX-License-Identifier: ISC
// What the superdaemon owns, in the order of life: destruction in reverse is the shutdown. It
// binds, hands sockets to whoever serves them, reaps, reloads and stops. It reads no byte of a
// client.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/announcer.h"
#include "daemon/config/configuration.h"
#include "daemon/credential_directory.h"
#include "daemon/error_output.h"
#include "daemon/inheritance.h"
#include "daemon/inquirer_process.h"
#include "daemon/log.h"
#include "daemon/notifications.h"
#include "daemon/os/event_loop.h"
#include "daemon/os/signals.h"
#include "daemon/os/systemd_outbox.h"
#include "daemon/pid_file.h"
#include "daemon/refusals.h"
#include "daemon/sensors.h"
#include "daemon/service_cgroups.h"
#include "daemon/service_sockets.h"
#include "daemon/state_store.h"
#include "daemon/upgrade.h"
#include "mpm/dispatcher.h"

namespace minetd {

/// Those who were this process before, and those who will be.
struct Succession {
    const Invocation& invocation;
    const PidFile& pid_file;         ///< handed on
    std::optional<Handover> former;  ///< what the image before this one left
};

class Superdaemon {
  public:
    /// Reads the configuration anew, for a reload. Throws nothing.
    using Load = std::function<Configuration(Diagnostics&)>;

    /// Opens the sockets and starts what is to run before the first client. Throws std::exception
    /// when `strict` and some service cannot be served. Behind a former image it takes over what
    /// that has, as it was, and goes over to `configuration`, if that is a valid one.
    Superdaemon(const Configuration& configuration, const LogTarget& log, Load load, bool strict,
                Inheritance inheritance, Succession succession);
    ~Superdaemon();

    /// Serves until stopped; returns the exit status.
    int run();

  private:
    struct Service {
        std::shared_ptr<const ServiceSpec> spec;
        std::shared_ptr<Ledger> ledger;  ///< survives reloads: its counts stay true
        std::shared_ptr<Admission> admission;
        std::shared_ptr<Inquiry> inquiry;  ///< survives reloads: older servers ask through it too
        Banners banners;
        std::shared_ptr<ErrorOutput> error_output;
        std::shared_ptr<CredentialDirectory> credentials;
        std::shared_ptr<const Sandbox> sandbox;  ///< survives reloads that do not change it
        ServiceContext context;
        std::unique_ptr<ServiceSockets> sockets;
        std::unique_ptr<Dispatcher> dispatcher;
        bool stopped = false;  ///< by the daemon's end
    };
    /// Serves nobody new; here until its last session ends.
    struct Draining {
        std::string key;
        std::shared_ptr<const ServiceSpec> spec;
        std::shared_ptr<Ledger> ledger;
        std::shared_ptr<Inquiry> inquiry;
        std::shared_ptr<ErrorOutput> error_output;
        std::shared_ptr<CredentialDirectory> credentials;
        std::shared_ptr<const Sandbox> sandbox;
        /// Closed to who is new; null as soon as nobody waits there.
        std::unique_ptr<ServiceSockets> sockets;
        Milliseconds patience_ends = 0;  ///< with those who wait; 0: never
        std::unique_ptr<Dispatcher> dispatcher;
    };

    // superdaemon.cc
    void on_signal(int signal, pid_t sender, int value);
    Situation situation() const;
    void reap();
    bool pass(const ServiceSpec& from, const std::string& name, UniqueFd& connection) noexcept;

    // reload.cc
    /// True: everything in the file could be used.
    bool reload();
    /// What was done, for the log.
    std::string go_over_to(const Configuration& next);
    void add(const std::shared_ptr<const ServiceSpec>& spec);
    void change(const Changes::Pair& pair);
    void remove(const std::string& key);
    /// Its service goes another way; what lives for it lives on, and serves those who wait in the
    /// sockets that it had, if they are no longer the service's.
    void drain(const std::string& key, const std::shared_ptr<const ServiceSpec>& spec,
               Service& service, std::unique_ptr<Dispatcher> dispatcher,
               std::unique_ptr<ServiceSockets> sockets = nullptr);
    void refresh_contexts();
    void refresh_credentials(Service& service);
    bool misses_denials(const Service& service) const noexcept;
    bool is_informed(const Service& service) const;
    /// Unless the service is there again, or has sessions still.
    void finish_cgroup(const std::string& key) noexcept;
    void brief_inquirer();
    /// The next reload compares with what runs, not with what was asked for.
    void note_what_is_served();
    Assignment assignment(Service& service);
    ServiceContext context_for(const ServiceSpec& spec) const;
    void open_sockets(Service& service);
    std::string summary() const;
    /// Sockets that are for no service, and services that got none of those that came.
    void report_inheritance();
    /// Others are told of the services that there are now.
    void announce();

    // recall.cc
    /// Takes what a former life has left, before any service is made.
    void recall();
    void recall_counts(const ServiceSpec& spec, Ledger& ledger) noexcept;
    SavedState what_to_save() const;

    // succession.cc
    /// `asker` is to hear how it went; 0: nobody.
    void upgrade(pid_t asker);
    void finish_upgrade(const std::string& problem);
    void refuse_upgrade(const std::string& why);
    void cancel_upgrade();
    Handover hand_over();
    /// Every one that is handed over, by its name.
    std::vector<Announcer*> announcers() noexcept { return {&rpc_announcer_, &mdns_announcer_}; }

    // intake.cc
    class Intake;
    void take_over(Handover& state, const Configuration& next);

    // shutdown.cc
    void stop();
    /// True: nobody waits in these sockets any more, or for too long. The dispatcher has left them
    /// alone, and they are closed.
    bool leave(const ServiceSpec& spec, Dispatcher& dispatcher, ServiceSockets& sockets,
               Milliseconds patience_ends) noexcept;
    void retry_missing() noexcept;
    void look_at_queues() noexcept;
    void hurry();
    void leave_if_done();
    unsigned sessions() const;
    void signal_everybody(int signal);

    Load load_;
    Log log_;
    EventLoop loop_;
    Children children_;
    Launcher launcher_;
    BoardRegistry boards_;
    Refusals refusals_;
    Runtime runtime_;
    Sensors sensors_;
    InquirerProcess inquirer_;
    Configuration configuration_;
    ServiceCgroups cgroups_;
    Inheritance inheritance_;
    systemd::Outbox outbox_;
    Notifications notifications_;
    StateStore state_store_;
    SavedState former_;  ///< what is still to be given to services; empty after the start
    std::map<std::string, std::unique_ptr<Service>> services_;  ///< by key
    std::vector<Draining> draining_;
    Announcer rpc_announcer_, mdns_announcer_;
    bool limited_ = false;  ///< some service has a ledger: its processes' ends are told early
    SignalEvents signals_;
    ChildSignal child_signal_;
    Timer deadline_;
    Timer around_;  ///< reaps when the loop comes round
    Timer queues_;  ///< runs as long as somebody waits in a socket that is to be closed
    const PidFile& pid_file_;
    Upgrade upgrade_;
    std::vector<pid_t> askers_;  ///< of the upgrade that is being checked
    enum class Life { serving, finishing, hurrying, killing } life_ = Life::serving;
};

}  // namespace minetd
