/**
 * A framework as mesos-go's users write them: its controller subscribes and subscribes again, its rules
 * acknowledge every update, and what is not wanted of an offer is declined for ten minutes.
 *
 * Orders come as JSON lines on standard input: what to launch, kill, reconcile, suppress, revive and so on.
 * Its end ends the program, without a teardown.
 */

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/callrules"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/controller"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/eventrules"
	"github.com/mesos/mesos-go/api/v1/lib/extras/store"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli/httpsched"
	"github.com/mesos/mesos-go/api/v1/lib/resources"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler/calls"
)

type frameworkOptions struct {
	name, role      string
	failoverSeconds float64
	multiRole       bool
}

// An order: `Do` and what belongs to it.
type order struct {
	Do       string
	Task     string
	Command  string
	Data     string
	Agent    string
	Executor string
	// The program of a custom executor, with its arguments.
	Program []string
	// Ids of tasks to their agents', to reconcile.
	Tasks map[string]string
}

type framework struct {
	caller  calls.Caller
	id      store.Singleton
	pending []order
	mutex   sync.Mutex
}

func runScheduler(o options, _ []string) error {
	ctx, cancel := context.WithCancel(context.Background())
	tornDown := make(chan struct{})
	info := infoOf(o)
	f := &framework{id: store.NewInMemorySingleton()}
	idOf := store.GetIgnoreErrors(f.id)
	f.caller = callrules.WithFrameworkID(idOf).Caller(
		httpsched.NewCaller(clientOf(o), httpsched.AllowReconnection(true)))
	obeyed := make(chan struct{})
	go func() {
		defer close(obeyed)
		if !f.obey(ctx, tornDown) {
			cancel()
		}
	}()
	handler := eventrules.New(
		eventrules.HandleF(func(_ context.Context, e *scheduler.Event) error { sayEvent(e); return nil }),
		controller.LiftErrors(),
		controller.TrackSubscription(f.id, time.Duration(o.framework.failoverSeconds*float64(time.Second))),
		controller.AckStatusUpdates(f.caller),
		eventrules.HandleF(f.onEvent),
	)
	err := controller.Run(ctx, info, f.caller,
		controller.WithEventHandler(handler),
		controller.WithFrameworkID(idOf),
		controller.WithRegistrationTokens(attempts(ctx, tornDown)),
		controller.WithSubscriptionTerminated(func(err error) { say(line{"ended": textOf(err)}) }),
	)
	<-obeyed
	return err
}

// One token for each attempt to subscribe; after a teardown there are no more, and the controller ends.
func attempts(ctx context.Context, tornDown <-chan struct{}) <-chan struct{} {
	tokens := make(chan struct{})
	go func() {
		defer close(tokens)
		for {
			select {
			case <-tornDown:
				return
			case <-ctx.Done():
				return
			case tokens <- struct{}{}:
			}
			// The controller is busy with the subscription now; where both are ready, select takes any.
			select {
			case <-tornDown:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	return tokens
}

func infoOf(o options) *mesos.FrameworkInfo {
	checkpoint := true
	info := &mesos.FrameworkInfo{
		User: "root", Name: o.framework.name, Checkpoint: &checkpoint,
		FailoverTimeout: &o.framework.failoverSeconds,
	}
	if o.principal != "" {
		info.Principal = &o.principal
	}
	if o.framework.multiRole {
		info.Roles = []string{o.framework.role}
		info.Capabilities = []mesos.FrameworkInfo_Capability{{Type: mesos.FrameworkInfo_Capability_MULTI_ROLE}}
	} else {
		info.Role = &o.framework.role
	}
	return info
}

func (f *framework) onEvent(ctx context.Context, e *scheduler.Event) error {
	if e.GetType() != scheduler.Event_OFFERS {
		return nil
	}
	for _, offer := range e.GetOffers().GetOffers() {
		tasks := f.take(offer)
		if len(tasks) == 0 {
			f.call(ctx, calls.Decline(offer.ID).With(calls.RefuseSeconds(10*time.Minute)))
			continue
		}
		launch := calls.OfferOperations{calls.OpLaunch(tasks...)}
		f.call(ctx, calls.Accept(launch.WithOffers(offer.ID)).With(calls.RefuseSeconds(time.Millisecond)))
	}
	return nil
}

const taskCPUs, taskMemory, executorCPUs, executorMemory = 0.1, 32, 0.1, 32

// As many of the pending tasks as fit, made for the offer.
func (f *framework) take(offer mesos.Offer) (tasks []mesos.TaskInfo) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	cpus, _ := resources.CPUs(offer.Resources...)
	memory, _ := resources.Memory(offer.Resources...)
	executors := map[string]bool{}
	for _, known := range offer.ExecutorIDs {
		executors[known.Value] = true
	}
	left := f.pending[:0]
	for _, order := range f.pending {
		needCPUs, needMemory := taskCPUs, float64(taskMemory)
		if order.Executor != "" && !executors[order.Executor] {
			needCPUs, needMemory = needCPUs+executorCPUs, needMemory+executorMemory
		}
		elsewhere := order.Agent != "" && order.Agent != offer.AgentID.Value
		if elsewhere || needCPUs > cpus || needMemory > float64(memory) {
			left = append(left, order)
			continue
		}
		cpus, memory = cpus-needCPUs, memory-uint64(needMemory)
		executors[order.Executor] = true
		tasks = append(tasks, taskOf(order, offer))
	}
	f.pending = left
	return tasks
}

func taskOf(o order, offer mesos.Offer) mesos.TaskInfo {
	role := offer.GetAllocationInfo().GetRole()
	task := mesos.TaskInfo{
		Name: o.Task, TaskID: mesos.TaskID{Value: o.Task}, AgentID: offer.AgentID,
		Resources: amounts(role, taskCPUs, taskMemory), Data: []byte(o.Data),
	}
	if o.Executor == "" {
		task.Command = &mesos.CommandInfo{Value: &o.Command}
		return task
	}
	shell := false
	task.Executor = &mesos.ExecutorInfo{
		Type:       mesos.ExecutorInfo_CUSTOM,
		ExecutorID: mesos.ExecutorID{Value: o.Executor},
		Command:    &mesos.CommandInfo{Shell: &shell, Value: &o.Program[0], Arguments: o.Program},
		Resources:  amounts(role, executorCPUs, executorMemory),
	}
	return task
}

// Allocated to the role that the offer is for, where offers say so.
func amounts(role string, cpus, memory float64) []mesos.Resource {
	list := []mesos.Resource{resources.NewCPUs(cpus).Resource, resources.NewMemory(memory).Resource}
	for i := range list {
		if role != "" {
			list[i].AllocationInfo = &mesos.Resource_AllocationInfo{Role: &role}
		}
	}
	return list
}

// Whether it was torn down in the end.
func (f *framework) obey(ctx context.Context, tornDown chan<- struct{}) bool {
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		var o order
		if err := json.Unmarshal(input.Bytes(), &o); err != nil {
			say(line{"fault": err.Error()})
			continue
		}
		switch o.Do {
		case "launch":
			f.mutex.Lock()
			f.pending = append(f.pending, o)
			f.mutex.Unlock()
			// Before there is a subscription there is nothing to revive.
			if id, err := f.id.Get(); err == nil && id != "" {
				f.call(ctx, calls.Revive())
			}
		case "kill":
			f.call(ctx, calls.Kill(o.Task, o.Agent))
		case "reconcile":
			f.call(ctx, calls.Reconcile(calls.ReconcileTasks(o.Tasks)))
		case "suppress":
			f.call(ctx, calls.Suppress())
		case "revive":
			f.call(ctx, calls.Revive())
		case "message":
			f.call(ctx, calls.Message(o.Agent, o.Executor, []byte(o.Data)))
		case "shutdown":
			f.call(ctx, calls.Shutdown(o.Executor, o.Agent))
		case "teardown":
			close(tornDown)
			f.call(ctx, &scheduler.Call{Type: scheduler.Call_TEARDOWN})
			return true
		default:
			say(line{"fault": "no such order: " + o.Do})
		}
	}
	return false
}

func (f *framework) call(ctx context.Context, call *scheduler.Call) {
	err := calls.CallNoData(ctx, f.caller, call)
	say(line{"called": call.GetType().String(), "fault": textOf(err)})
}

func sayEvent(e *scheduler.Event) {
	l := line{"event": e.GetType().String()}
	switch e.GetType() {
	case scheduler.Event_SUBSCRIBED:
		l["framework"] = e.GetSubscribed().GetFrameworkID().GetValue()
		l["heartbeat"] = e.GetSubscribed().GetHeartbeatIntervalSeconds()
	case scheduler.Event_OFFERS:
		l["offers"] = e.GetOffers().GetOffers()
	case scheduler.Event_RESCIND:
		l["offer"] = e.GetRescind().GetOfferID().Value
	case scheduler.Event_UPDATE:
		s := e.GetUpdate().GetStatus()
		l["task"], l["state"], l["message"] = s.TaskID.Value, s.GetState().String(), s.GetMessage()
		l["agent"], l["executor"] = s.GetAgentID().GetValue(), s.GetExecutorID().GetValue()
		l["source"], l["toAcknowledge"], l["data"] = s.GetSource().String(), len(s.UUID) > 0, string(s.Data)
		if s.Reason != nil {
			l["reason"] = s.GetReason().String()
		}
	case scheduler.Event_MESSAGE:
		m := e.GetMessage()
		l["agent"], l["executor"], l["data"] = m.AgentID.Value, m.ExecutorID.Value, string(m.Data)
	case scheduler.Event_FAILURE:
		x := e.GetFailure()
		l["agent"], l["executor"] = x.GetAgentID().GetValue(), x.GetExecutorID().GetValue()
		if x.Status != nil {
			l["status"] = *x.Status
		}
	case scheduler.Event_ERROR:
		l["message"] = e.GetError().GetMessage()
	}
	say(l)
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
