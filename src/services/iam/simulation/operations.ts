import type { Operation } from '../../operation.ts'
import type { IamNeeds } from '../needs.ts'
import { simulateCustomPolicy } from './simulate-custom-policy.ts'
import { simulatePrincipalPolicy } from './simulate-principal-policy.ts'

/** The operations that say what policies would decide. */
export const simulationOperations: readonly Operation<IamNeeds>[] = [simulateCustomPolicy, simulatePrincipalPolicy]
