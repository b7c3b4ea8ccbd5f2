// SPDX-License-Identifier: ISC
// Keeps the inquirer (mpm/inquirer.h): there is one while some service needs one, it knows the
// rules that are in force, and it is started again, ever more slowly, when it fails. Meanwhile
// whoever asks is told that nothing is known.
#pragma once

#include <memory>
#include <vector>

#include "mpm/child_process.h"
#include "mpm/dispatcher.h"
#include "mpm/inquirer.h"
#include "mpm/restart.h"

namespace minetd {

class InquirerProcess : private ChildOwner {
  public:
    explicit InquirerProcess(Runtime& runtime);
    /// Ends it.
    ~InquirerProcess() override;
    InquirerProcess(const InquirerProcess&) = delete;
    InquirerProcess& operator=(const InquirerProcess&) = delete;

    /// From now on for these services. One that runs for others finishes what it was asked.
    void serve(std::vector<InquiringService> services);

    /// For the image that comes after an upgrade in place; the descriptor is borrowed.
    struct Handed {
        HandedChild child;
        std::vector<InquiringService> services;  ///< in the order in which it knows them
    };
    std::vector<Handed> hand_over() const;
    /// One of a former image: it finishes what it was asked, and the next one goes on.
    void take_over(Handed& handed);

  private:
    struct Process {
        Process(InquirerProcess& owner, ForkedChild forked, std::vector<InquiringService> its)
            : child(owner.runtime_, owner, std::move(forked),
                    [this, &owner] { owner.listen(*this); }),
              services(std::move(its)) {}
        ChildProcess child;
        std::vector<InquiringService> services;
        bool draining = false;
    };

    void on_exit(const Exit& exit) noexcept override;
    void start() noexcept;
    void drain(Process& process) noexcept;
    void listen(Process& process, int most = messages_a_turn) noexcept;
    void hear(const Process& process, ControlMessage& message) noexcept;
    bool runs() const noexcept;

    Runtime& runtime_;
    std::vector<InquiringService> services_;
    std::vector<std::unique_ptr<Process>> processes_;
    Restart restart_;
};

}  // namespace minetd
