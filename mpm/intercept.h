// SPDX-License-Identifier: ISC
// `wait` with `intercept`: a process without privileges stands between the program and its peers.
// It admits each of them and forwards what they say, to a socket that only it can reach
// (mpm/inner_sockets.h); on that one the program is started and waited for as any `wait` program.
// Neither knows of the other: the one may end, crash or be replaced while the other goes on.
#pragma once

#include <memory>
#include <vector>

#include "mpm/inner_sockets.h"
#include "mpm/service_process.h"
#include "mpm/wait.h"

namespace minetd {

class Intercept final : public ServiceProcess {
  public:
    Intercept(Runtime& runtime, Assignment assignment);

    void serve(std::vector<ListeningSocket> sockets) override;
    /// Whoever was admitted is still served. After that nobody can reach the program: it is asked
    /// to end.
    void stop_accepting() noexcept override;
    unsigned sessions() const noexcept override;
    void signal_sessions(int signal) noexcept override;
    void adopt(Assignment assignment, bool new_servers) override;
    HandedDispatcher hand_over() noexcept override;
    void take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>& sockets) override;

  private:
    void on_last_end() noexcept override;
    void place(const std::vector<ListeningSocket>& sockets, const InnerSockets* former);
    void begin() noexcept;
    void give_up_program() noexcept;
    void end_program() noexcept;
    Assignment for_process() const;
    static Assignment for_program(const Assignment& assignment);

    Runtime& runtime_;
    Assignment assignment_;
    Runtime program_runtime_;  ///< tells of the program, not of its peers
    Wait program_;
    std::shared_ptr<const InnerSockets> inner_;
    std::shared_ptr<const Sandbox> sandbox_;  ///< of who stands before it, in the network of inner_
    std::vector<ListeningSocket> outer_;  ///< what is to be served
    Timer retry_, program_end_;
    bool leaving_ = false, asked_ = false;
};

}  // namespace minetd
