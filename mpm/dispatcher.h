// SPDX-License-Identifier: ISC
// The seam behind the fourth word: what every way of serving a service's connections has in common,
// and what it may use of the process that it runs in.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/os/cgroup.h"
#include "daemon/os/event_loop.h"
#include "daemon/os/log_sink.h"
#include "daemon/os/unique_fd.h"
#include "daemon/policy/admission.h"
#include "mpm/board_registry.h"
#include "mpm/children.h"
#include "mpm/handed_over.h"
#include "mpm/launch.h"
#include "mpm/record.h"
#include "services/service_context.h"

namespace minetd {

class InnerSockets;

/// A bound socket, borrowed: whoever opened it keeps it for ever.
struct ListeningSocket {
    int fd = -1;
    SocketAddress address;
    /// Bound to one address: accepted connections need not be asked for theirs.
    bool specific = false;
    std::string host;   ///< the word of `bind` that it comes from
    bool kept = false;  ///< another process holds it for who comes after us
};

/// What a dispatcher may use; outlives all of them.
struct Runtime {
    EventLoop& loop;
    Children& children;
    Launcher& launcher;
    BoardRegistry& boards;
    std::function<void(const ServiceSpec&, const Record&)> record;
    std::function<void(Level, const std::string&)> log;
    /// Hears of the ends of children now, not at the next signal.
    std::function<void()> reap;
    /// A dispatcher has nothing left to do, though no child of it has ended just now: somebody may
    /// have waited for that.
    std::function<void()> look_around;
    /// A connection that was read by a service (tcpmux) for another one, by name. True: it was
    /// taken; otherwise the caller still has it.
    std::function<bool(const ServiceSpec& from, const std::string& name, UniqueFd& connection)>
        pass;
    /// A process of a sensor's service says that this peer came.
    std::function<void(const ServiceSpec& sensor, const SocketAddress& peer)> touched;
    ProgramCount programs{};  ///< of `nowait` services
};

/// One service with all that serving it needs.
struct Assignment {
    std::shared_ptr<const ServiceSpec> spec;
    std::shared_ptr<const LaunchPlan> plan;  ///< null for a builtin
    std::shared_ptr<const Sandbox> sandbox;  ///< null when it is kept from nothing
    std::shared_ptr<Admission> admission;    ///< null when everybody is, and was, let in
    std::shared_ptr<Birthplace> cgroup;      ///< where its processes begin; null: where we are
    ServiceContext context;                  ///< for a builtin
    unsigned generation = 1;                 ///< of the process that serves: which start it is
    int board_fd = -1;                       ///< its scoreboard; borrowed
    unsigned orphan_timeout = 0;  ///< seconds for sessions without a superdaemon; 0: any number
    std::shared_ptr<const InnerSockets> inner;  ///< `intercept`: where it forwards to
    bool says_ready = false;  ///< earlier servers of the (resident) program said READY=1
};

/// Serves one service. Steps of the loop are noexcept; construction and serve() may throw.
class Dispatcher {
  public:
    virtual ~Dispatcher() = default;

    /// Serves these sockets from now on, in place of those before.
    virtual void serve(std::vector<ListeningSocket> sockets) = 0;
    /// Leaves the sockets alone; sessions run on. What was accepted is still served.
    virtual void stop_accepting() noexcept = 0;
    /// Processes that still live for this dispatcher.
    virtual unsigned sessions() const noexcept = 0;
    virtual void signal_sessions(int signal) noexcept = 0;

    /// A reload changed the service in ways that its way of serving survives. With `new_servers`,
    /// processes that run now finish what they have, beside their successors.
    virtual void adopt(Assignment assignment, bool new_servers) = 0;

    /// What lives for this dispatcher, for the image that comes after an upgrade in place.
    /// Descriptors are borrowed. Nothing is changed: the upgrade may fail.
    virtual HandedDispatcher hand_over() noexcept = 0;
    /// The other side of it; once, before serve(), which will be given `sockets`. What was handed
    /// over runs on, and is told to finish when there is somebody in its place.
    virtual void take_over(HandedDispatcher& handed,
                           const std::vector<ListeningSocket>& sockets) = 0;

    /// Serves one connection that was accepted elsewhere, after saying `greeting` to it; false when
    /// it was refused: the caller still has it.
    virtual bool take(UniqueFd& connection, std::string_view greeting) noexcept {
        return static_cast<void>(connection), static_cast<void>(greeting), false;
    }
};

/// Makes the dispatcher that the service's fourth word names (mpm.cc has the table).
/// Throws std::exception with what is wrong.
std::unique_ptr<Dispatcher> make_dispatcher(Runtime& runtime, Assignment assignment);

}  // namespace minetd
