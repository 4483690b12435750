-- And so there is nothing plain any more.
SET LOCAL lock_timeout = '5s';

ALTER TABLE endangerment_assessment VALIDATE CONSTRAINT endangerment_assessment_encrypted_check;
ALTER TABLE endangerment_report VALIDATE CONSTRAINT endangerment_report_encrypted_check;
ALTER TABLE endangerment_judgement VALIDATE CONSTRAINT endangerment_judgement_encrypted_check;
ALTER TABLE safety_plan VALIDATE CONSTRAINT safety_plan_encrypted_check;
